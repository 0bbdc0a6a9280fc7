"""The walk-through notebook: it is committed clean, runs from any folder, and what its text says is so."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "examples" / "mf_with_pytorch.ipynb"

# A cell that is run after the notebook's own and tells the test what their variables hold.
PROBE = """
import json

print(json.dumps({
    "shape": [n_users, n_items, URM_all.nnz],
    "ratings of the parts": [URM_train.nnz, URM_validation.nnz, URM_test.nnz],
    "score": score.item(),
    "prediction": prediction.item(),
    "share of zeros": float(share_of_zeros),
    "batch losses": batch_losses,
    "RMSE before, after, of the mean": [rmse_before, rmse_after, rmse_of_mean],
    "from the matrices, from the model": [max(0.0, float(scores_of_all_films[item_index])), model_says],
    "best and last epoch": [recommender.epochs_best, int(history["epoch"].iloc[-1])],
    "RMSE": rating_errors["RMSE"].to_dict(),
    "PRECISION": {name: row["PRECISION"] for (name, _), row in ranking_metrics.iterrows()},
    "COVERAGE_ITEM": {name: row["COVERAGE_ITEM"] for (name, _), row in ranking_metrics.iterrows()},
    "neighbours": [row["genres"] for row in rows],
    "share a genre: any pair, neighbours": [float(share_any_pair), float(share_neighbours)],
}))
"""


@dataclass
class Run:
    """An executed notebook and what its variables hold."""

    cells: list[Any]
    values: dict[str, Any]

    def outputs(self, cell_id: str) -> list[Any]:
        return next(cell.outputs for cell in self.cells if cell.id == cell_id)

    def text(self, cell_id: str) -> str:
        return "".join(output.text for output in self.outputs(cell_id) if output.output_type == "stream")


def read_notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def source(notebook: Any, cell_id: str) -> str:
    text: str = next(cell.source for cell in notebook.cells if cell.id == cell_id)
    return text


def choose(notebook: Any, dataset: str) -> None:
    """Change the name of the data set in the cell at the top, as a reader of the notebook would."""
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert first.source.count('"synthetic"') == 1
    first.source = first.source.replace('"synthetic"', f'"{dataset}"')


def execute(notebook: Any, folder: Path, **variables: str) -> Run:
    # one thread: the tests may run beside each other. The IPython folder keeps the user's own start-up files out.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "IPYTHONDIR": str(folder / "ipython"), **variables}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment.pop("MPLBACKEND", None)  # a backend for scripts would show no pictures
    notebook.cells.append(nbformat.v4.new_code_cell(PROBE, id="probe"))
    place = folder / "somewhere else"
    place.mkdir()
    client = NotebookClient(
        notebook,
        timeout=180,
        kernel_name="python3",
        resources={"metadata": {"path": str(place)}},
        store_widget_state=False,
    )
    client.execute(env=environment)
    run = Run(notebook.cells, {})
    run.values = json.loads(run.text("probe"))
    return run


@pytest.fixture(scope="module")
def synthetic_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return execute(read_notebook(), tmp_path_factory.mktemp("walk_through"))


def test_the_file_is_valid_and_has_no_outputs():
    notebook = read_notebook()
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        assert len(cell.source.strip()) > 0
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.id


def test_the_ids_of_the_cells_are_words_and_unique():
    ids = [cell.id for cell in read_notebook().cells]
    assert len(set(ids)) == len(ids)
    assert all(part.isalpha() for cell_id in ids for part in cell_id.split("-"))


def test_the_cell_at_the_top_decides_which_data_is_read():
    notebook = read_notebook()
    choose(notebook, "ml-100m")
    variables: dict[str, Any] = {}
    exec(source(notebook, "parameters"), variables)
    with pytest.raises(ValueError, match="ml-100k"):
        exec(source(notebook, "read"), variables)


def test_every_cell_that_draws_shows_one_picture(synthetic_run):
    drawing = [cell.id for cell in synthetic_run.cells if "plt.show()" in cell.source or "plot_learning" in cell.source]
    assert len(drawing) >= 8
    for cell_id in drawing:
        pictures = [output for output in synthetic_run.outputs(cell_id) if "image/png" in output.get("data", {})]
        assert len(pictures) == 1, cell_id


def test_nothing_but_progress_bars_is_written_to_stderr(synthetic_run):
    for cell in synthetic_run.cells:
        if cell.cell_type == "code" and cell.id not in ("epoch", "recommender"):
            assert [output for output in cell.outputs if output.get("name") == "stderr"] == [], cell.id


def test_the_statistics_and_the_ratings_are_printed(synthetic_run):
    assert "Number of interactions in URM_all: 100000" in synthetic_run.text("read")
    assert "(0, 0)" in synthetic_run.text("print-urm")
    assert synthetic_run.values["shape"] == [2000, 800, 100_000]
    assert synthetic_run.values["ratings of the parts"] == [72_000, 8_000, 20_000]


def test_the_prediction_by_hand_is_that_of_the_layers(synthetic_run):
    values = synthetic_run.values
    by_layer, by_hand = (float(number) for number in re.findall(r"\[\[(.+?)\]\]", synthetic_run.text("linear")))
    assert by_layer == pytest.approx(values["score"], abs=1e-5) and by_hand == pytest.approx(by_layer, abs=1e-5)
    assert values["prediction"] == max(0.0, values["score"])
    matrices, model = values["from the matrices, from the model"]
    assert matrices == pytest.approx(model, abs=1e-4) and model > 0


def check_what_the_text_says(values: dict[str, Any]) -> None:
    assert values["share of zeros"] > 0.2
    losses = values["batch losses"]
    assert len(losses) == 360 and sum(losses[-20:]) < sum(losses[:20]) / 2
    before, after, mean = values["RMSE before, after, of the mean"]
    assert mean < after < before
    best, last = values["best and last epoch"]
    assert 0 < best < last < 60
    assert values["RMSE"]["MatrixFactorization_PyTorch"] < values["RMSE"]["GlobalEffects"] - 0.02
    assert values["PRECISION"]["TopPop"] > values["PRECISION"]["MatrixFactorization_PyTorch"]
    assert values["COVERAGE_ITEM"]["TopPop"] < values["COVERAGE_ITEM"]["MatrixFactorization_PyTorch"]
    any_pair, neighbours = values["share a genre: any pair, neighbours"]
    assert neighbours > any_pair + 0.05


def test_what_the_text_says_is_so_on_the_synthetic_ratings(synthetic_run):
    check_what_the_text_says(synthetic_run.values)
    assert synthetic_run.values["RMSE"]["MatrixFactorization_PyTorch"] < 0.65
    film, *neighbours = (set(genres.split(", ")) for genres in synthetic_run.values["neighbours"])
    assert sum(bool(film & genres) for genres in neighbours) >= 7
    any_pair, share = synthetic_run.values["share a genre: any pair, neighbours"]
    assert share > 3 * any_pair


def test_what_the_text_says_is_so_on_movielens(tmp_path, movielens_folder):
    # a copy, since a reader keeps what it has read beside the zip
    shutil.copy(movielens_folder / "ml-100k.zip", tmp_path)
    notebook = read_notebook()
    choose(notebook, "ml-100k")
    run = execute(notebook, tmp_path, RECSYS_DATA_FOLDER=str(tmp_path))
    assert run.values["shape"] == [943, 1682, 100_000]
    check_what_the_text_says(run.values)
    assert run.values["RMSE"]["MatrixFactorization_PyTorch"] < 0.95
