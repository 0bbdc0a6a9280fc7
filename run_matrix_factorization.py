"""Train MatrixFactorization_PyTorch on a data set and evaluate it beside TopPop and GlobalEffects.

    python run_matrix_factorization.py
    python run_matrix_factorization.py --dataset ml-100k --data-folder FOLDER_WITH_ZIP
    python run_matrix_factorization.py --ratings FILE --columns user,item,rating[,timestamp]

The ratings are split at random: 80 % for training, 10 % for validation (early stopping) and 10 % for testing.
"""

from recsys_common.interrupts import INTERRUPTED, interrupt_ends_process

with interrupt_ends_process():
    import argparse
    import importlib.metadata
    import json
    import platform
    import sys
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path
    from typing import Any

    import numpy as np
    import pandas as pd
    import scipy
    import scipy.sparse as sps
    import torch

    from Data_manager.command_line import add_data_arguments, reader_of_arguments
    from Data_manager.DataReader import DataReader
    from Data_manager.Dataset import Dataset
    from Data_manager.split_functions.split_train_validation_random_holdout import (
        split_train_in_two_percentage_global_sample,
    )
    from Evaluation.comparison import compare_ranking, compare_rating_prediction, format_comparison
    from Evaluation.Evaluator import EvaluatorHoldout
    from Evaluation.rating_prediction import EvaluatorRatingPrediction
    from Recommenders.MatrixFactorization.PyTorch.MatrixFactorization_PyTorch import MatrixFactorization_PyTorch
    from Recommenders.NonPersonalizedRecommender import GlobalEffects, TopPop
    from recsys_common.atomic_file import atomic_path
    from recsys_common.file_group import FileGroup
    from recsys_common.messages import finish_output, say

CUTOFFS = [5, 10, 20]
TABLES = ("ranking", "rating_prediction")
HISTORY, PICTURE = "training_history.csv", "learning_curve.png"
OPTIONS, USERS, ITEMS = "options.json", "users.csv", "items.csv"
MODEL = f"{MatrixFactorization_PyTorch.RECOMMENDER_NAME}.zip"
OUTPUTS = (OPTIONS, MODEL, USERS, ITEMS, HISTORY, PICTURE, *(f"{table}.csv" for table in TABLES))
VALIDATION_METRIC = "NEGATIVE_RMSE"
FEWEST_RATINGS = 10


def integer(minimum: int) -> Callable[[str], int]:
    """Return an argparse type: an integer of at least the minimum."""

    def parse(text: str) -> int:
        value = int(text)
        if value < minimum:
            raise argparse.ArgumentTypeError(f"must be an integer >= {minimum}, got {value}")
        return value

    parse.__name__ = "integer"
    return parse


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the options of the command line, or those given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data_arguments(parser)
    parser.add_argument("--epochs", type=integer(1), default=30, help="the most epochs of the training (default: 30)")
    parser.add_argument("--num-factors", type=integer(1), default=20, help="numbers in an embedding (default: 20)")
    parser.add_argument("--seed", type=integer(0), default=42, help="seed of the split and training (default: 42)")
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        default="result_experiments",
        type=Path,
        help="where model, tables and picture are written (default: result_experiments)",
    )
    return parser.parse_args(arguments)


def split(URM_all: sps.csr_matrix, seed: int) -> tuple[sps.csr_matrix, sps.csr_matrix, sps.csr_matrix]:
    """Split the ratings at random into 80 % for training, 10 % for validation and 10 % for testing."""
    if URM_all.nnz < FEWEST_RATINGS:
        raise ValueError(f"the data must have at least {FEWEST_RATINGS} ratings to be split, got {URM_all.nnz}")
    URM_train, rest = split_train_in_two_percentage_global_sample(URM_all, 0.8, random_seed=seed, verbose=False)
    URM_validation, URM_test = split_train_in_two_percentage_global_sample(rest, 0.5, random_seed=seed, verbose=False)
    return URM_train, URM_validation, URM_test


def train(
    recommender: MatrixFactorization_PyTorch, URM_validation: sps.csr_matrix, options: argparse.Namespace
) -> None:
    """Train the recommender and stop early, by the error of the validation ratings."""
    recommender.fit(
        epochs=options.epochs,
        num_factors=options.num_factors,
        random_seed=options.seed,
        evaluator_object=EvaluatorRatingPrediction(URM_validation, verbose=False),
        validation_metric=VALIDATION_METRIC,
        validation_every_n=1,
        stop_on_validation=True,
        lower_validations_allowed=3,
    )


def write_table(table: pd.DataFrame, path: Path, **arguments: Any) -> None:
    """Write a table as csv, whole or not at all; the arguments are those of `to_csv`."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, encoding="utf-8", **arguments)


def describe_run(reader: DataReader, dataset: Dataset, options: argparse.Namespace) -> dict[str, Any]:
    """Describe the run as JSON can hold it: the options, the data that was read, the versions of the libraries."""
    URM_all = dataset.get_URM_all()
    n_users, n_items = URM_all.shape
    try:
        version = importlib.metadata.version("recsys-mf-pytorch")
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    return {
        **vars(options),
        "dataset": options.dataset if options.ratings is None else None,
        "output": str(options.output),
        "dataset_name": dataset.get_dataset_name(),
        "data": {**reader.describe_origin(), "n_ratings": URM_all.nnz, "n_users": n_users, "n_items": n_items},
        "versions": {
            "recsys-mf-pytorch": version,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "pandas": pd.__version__,
        },
    }


def files_of_run(output: Path) -> FileGroup:
    """Return the group of the files that a run writes; options.json is written last."""
    return FileGroup(output, OPTIONS, OUTPUTS)


def save_training(
    recommender: MatrixFactorization_PyTorch, dataset: Dataset, description: dict[str, Any], output: Path
) -> None:
    """Save the model, the options, the ids behind its rows, and the history of its training with a picture of it.

    Together these files replace all files of an earlier run, its tables included.
    """
    recommender.verbose = False  # its message would name the temporary folder
    with files_of_run(output).replace() as folder:
        recommender.save_model(folder)
        for name, mapper in (
            (USERS, dataset.get_user_original_ID_to_index_mapper()),
            (ITEMS, dataset.get_item_original_ID_to_index_mapper()),
        ):
            ids = pd.DataFrame({"index": list(mapper.values()), "id": list(mapper)})
            write_table(ids, folder / name, index=False)
        history = recommender.get_training_history()
        if history is not None:
            write_table(history, folder / HISTORY, index=False)
            draw(history, folder / PICTURE)
        with atomic_path(folder / OPTIONS) as path:
            path.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def draw(history: pd.DataFrame, picture: Path) -> None:
    """Draw the learning curve. An error is only reported, because the run is useful without the picture."""
    metric = VALIDATION_METRIC if VALIDATION_METRIC in history.columns else None
    try:
        from Recommenders.learning_curve import plot_learning_curve

        with atomic_path(picture) as path:
            plot_learning_curve(history, metric).savefig(path, format="png", dpi=150)
    except Exception as error:
        say(f"The learning curve is not drawn: {type(error).__name__}: {error}")


def evaluate(recommender: MatrixFactorization_PyTorch, URM_test: sps.csr_matrix, output: Path) -> None:
    """Print and save the tables that compare the recommender with TopPop and GlobalEffects."""
    URM_train = recommender.URM_train
    recommenders = {
        "MatrixFactorization": recommender,
        "TopPop": TopPop(URM_train, verbose=False).fit(),
        "GlobalEffects": GlobalEffects(URM_train, verbose=False).fit(),
    }
    tables = (
        compare_ranking(recommenders, EvaluatorHoldout(URM_test, CUTOFFS, verbose=False)),
        compare_rating_prediction(recommenders, EvaluatorRatingPrediction(URM_test, verbose=False)),
    )
    for name, table in zip(TABLES, tables, strict=True):
        write_table(table, output / f"{name}.csv")
        say(f"\nTest, {name.replace('_', ' ')}:\n{format_comparison(table)}")


def run(options: argparse.Namespace) -> int:
    """Do the whole job in the output folder, which no other run may use meanwhile, and return the exit status."""
    output: Path = options.output
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"--output must be a folder or the name of a new one, got {error}") from error
    files = files_of_run(output)
    with ExitStack() as stack:
        try:
            stack.enter_context(files.locked(wait=False))
        except BlockingIOError as error:
            raise ValueError(f"--output must be a folder that no other run writes to, got '{output}'") from error
        files.finish()  # a killed run may have put some of its files in place only
        return train_and_evaluate(options)


def train_and_evaluate(options: argparse.Namespace) -> int:
    """Read, split, train, save and evaluate, and return the exit status."""
    reader = reader_of_arguments(options)
    dataset = reader.load_data()
    description = describe_run(reader, dataset, options)
    URM_train, URM_validation, URM_test = split(dataset.get_URM_all(), options.seed)
    recommender = MatrixFactorization_PyTorch(URM_train)
    try:
        train(recommender, URM_validation, options)
        save_training(recommender, dataset, description, options.output)
        evaluate(recommender, URM_test, options.output)
    except KeyboardInterrupt:
        if recommender.get_training_history() is None:
            raise  # after a part of the first epoch there is no model that is worth saving
        save_training(recommender, dataset, description, options.output)
        say(f"\nInterrupted: the best model so far is in {options.output.resolve()}")
        return INTERRUPTED
    say(f"\nModel and tables are in {options.output.resolve()}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line, turn errors into one line each, and return the exit status."""
    try:
        return run(parse_arguments(arguments))
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except (ValueError, OSError, MemoryError, FloatingPointError) as error:
        where = ""
        if isinstance(error, OSError) and error.filename is None and error.errno is not None:
            where = ", while a file was written or read; is there room in the folders of --output and --data-folder?"
        print(f"error: {error}{where}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    status = main()
    finish_output()
    sys.exit(status)
