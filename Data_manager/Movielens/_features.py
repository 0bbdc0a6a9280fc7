"""From MovieLens' tables to the data frames of a Dataset: (ItemID or UserID, FeatureID, Data)."""

import numpy as np
import pandas as pd

from Data_manager.TagPreprocessing import tagFilterAndStemming

# the lower ends of the age groups that MovieLens 1M gives instead of ages; "1" is under 18
AGE_GROUPS = np.array([1, 18, 25, 35, 45, 50, 56])

# "(1995)" at the very end of a title
_YEAR_PATTERN = r"\(([0-9]{4})\)\s*$"


def features_of_lists(id_column: str, ids: pd.Series, features: list[list[str]]) -> pd.DataFrame:
    """Make one row with value 1 for every feature in the list of every id; `id_column` is "ItemID" or "UserID"."""
    lengths = np.array([len(names) for names in features], dtype=np.int64)
    return pd.DataFrame(
        {
            id_column: ids.to_numpy().repeat(lengths),
            "FeatureID": np.array([name for names in features for name in names], dtype=object),
            "Data": np.ones(int(lengths.sum())),
        }
    )


def utf8_where_it_is(texts: pd.Series) -> list[str]:
    """Return texts that were read as latin-1, each as UTF-8 if its bytes are that."""
    return [text if text.isascii() else _utf8_if_it_is(text) for text in texts]


def genres_frame(movies: pd.DataFrame) -> pd.DataFrame:
    """Make ICM_genres: value 1 for each genre of a movie (columns ItemID, Genres "A|B")."""
    names = [[name for name in text.split("|") if name] for text in movies["Genres"]]
    return features_of_lists("ItemID", movies["ItemID"], names).drop_duplicates(["ItemID", "FeatureID"])


def flagged_genres_frame(movies: pd.DataFrame, genre_names: list[str]) -> pd.DataFrame:
    """Make ICM_genres from one 0/1 column for each genre, as MovieLens 100K has them."""
    rows, columns = np.nonzero(movies[genre_names].to_numpy())
    return pd.DataFrame(
        {
            "ItemID": movies["ItemID"].to_numpy()[rows],
            "FeatureID": np.array(genre_names, dtype=object)[columns],
            "Data": np.ones(rows.size),
        }
    )


def years_frame(movies: pd.DataFrame) -> pd.DataFrame:
    """Make ICM_year: the single feature "Year", with the year at the very end of a title, if it has one."""
    years = movies["Title"].astype(object).str.extract(_YEAR_PATTERN, expand=False)
    has_year = years.notna().to_numpy()
    return pd.DataFrame(
        {
            "ItemID": movies["ItemID"].to_numpy()[has_year],
            "FeatureID": np.full(int(has_year.sum()), "Year", dtype=object),
            "Data": years[has_year].astype(float).to_numpy(),
        }
    )


def tags_frame(tags: pd.DataFrame) -> pd.DataFrame:
    """Make ICM_tags: value 1 for each token of each tag line (columns ItemID, Tag), which a Dataset sums.

    The tokens of a tag are found once, however many lines repeat it.
    """
    codes, unique_tags = pd.factorize(tags["Tag"])
    tokens_of_tag = [tagFilterAndStemming(tag) for tag in unique_tags]
    n_tokens = np.array([len(tokens) for tokens in tokens_of_tag], dtype=np.int64)
    all_tokens = np.array([token for tokens in tokens_of_tag for token in tokens], dtype=object)

    first_token = (np.cumsum(n_tokens) - n_tokens)[codes]
    lengths = n_tokens[codes]
    total = int(lengths.sum())
    place_in_line = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return pd.DataFrame(
        {
            "ItemID": tags["ItemID"].to_numpy().repeat(lengths),
            "FeatureID": all_tokens[np.repeat(first_token, lengths) + place_in_line],
            "Data": np.ones(total),
        }
    )


def users_frame(users: pd.DataFrame) -> pd.DataFrame:
    """Make UCM_all: gender_<x>, age_group_<x>, occupation_<x> and zip_code_<x> of each user."""
    features = ["Gender", "Age_group", "Occupation", "Zip_code"]
    prefixed = [[f"{name.lower()}_{value}" for value in users[name]] for name in features]
    return features_of_lists("UserID", users["UserID"], [list(row) for row in zip(*prefixed)])


def _utf8_if_it_is(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return text
