"""Classifiers of other packages, as functions of `random_state`, where they are installed."""

import logging
import os
import warnings
from importlib.util import find_spec

from joblib import cpu_count

# The number of threads that scikit-learn's classifiers use, by BLAS and OpenMP.
THREADS = int(os.environ.get("OMP_NUM_THREADS", cpu_count()))
# As pip calls them.
PACKAGES = {
    "boosting": ["catboost", "lightgbm", "xgboost", "xgboost-cpu"],
    "realmlp": ["pytabkit"],
    "boomer": ["mlrl-boomer"],
}
INSTALL = {
    "CatBoost": "pip install catboost",
    "LightGBM": "pip install lightgbm",
    "XGBoost": "pip install xgboost-cpu",
    "RealMLP": "pip install pytabkit",
    "BOOMER": "pip install --no-deps mlrl-boomer mlrl-common mlrl-util",
}


def make_catboost(random_state):
    from catboost import CatBoostClassifier

    return CatBoostClassifier(
        random_state=random_state, thread_count=THREADS, verbose=False, allow_writing_files=False
    )


def make_lightgbm(random_state):
    from lightgbm import LGBMClassifier

    return LGBMClassifier(random_state=random_state, n_jobs=THREADS, verbosity=-1)


def make_xgboost(random_state):
    from xgboost import XGBClassifier

    return XGBClassifier(random_state=random_state, n_jobs=THREADS, verbosity=0)


def make_realmlp(random_state):
    """With Lightning's remarks about devices and its own dependencies left out."""
    from pytabkit import RealMLP_TD_Classifier

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", ".*treespec", module="pytorch_lightning")
    return RealMLP_TD_Classifier(random_state=random_state, n_threads=THREADS, device="cpu")


def make_boomer(random_state):
    """Boosted rules; by default, the loss is the log loss of each label."""
    from mlrl.boosting import BoomerClassifier

    return BoomerClassifier(random_state=random_state + 1)  # which must not be 0


def installed(makers, modules):
    """Those of `makers` whose module can be imported; says how to install the others."""
    present = {}
    for (name, make), module in zip(makers.items(), modules, strict=True):
        if find_spec(module):
            present[name] = make
        else:
            print(f"{name} is left out: `{INSTALL[name]}` would install it.")
    return present


def installed_boosting():
    makers = {"CatBoost": make_catboost, "LightGBM": make_lightgbm, "XGBoost": make_xgboost}
    return installed(makers, ["catboost", "lightgbm", "xgboost"])


def installed_realmlp():
    return installed({"RealMLP": make_realmlp}, ["pytabkit"])


def installed_boomer():
    return installed({"BOOMER": make_boomer}, ["mlrl"])
