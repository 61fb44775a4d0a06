"""
======================================================
Text, categories, dates and gaps: how much work is it?
======================================================

Real tables have columns of words, dates and missing values. Networks need numbers; so do boosted
trees, for text and dates. Is one line from skrub enough, or does it pay to prepare columns by hand?
"""

# %%
# Orders, some of which are late
# ------------------------------
# The table is made up, so that we know the best possible log loss. Whether an order is late depends
# on the words for the article, the country, the season and the weekend. By air, expensive articles
# are late more often; by road, heavy ones. A fifth of the weights and a tenth of the carriers are
# missing.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from skrub import tabular_pipeline
from threadpoolctl import threadpool_limits

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

ADJECTIVES = ["small", "large", "red", "blue", "wooden", "steel", "folding", "vintage"]
THINGS = ["chair", "table", "lamp", "shelf", "mirror", "clock", "sofa", "desk"]
COUNTRIES = ["Austria", "Belgium", "Chile", "Denmark", "Estonia", "Finland", "Ghana", "Hungary"]


def make_orders(n, rng):
    """Make a table of orders, which of them are late, and the probabilities of that."""
    effects = {word: rng.normal() for word in (*ADJECTIVES, *THINGS, *COUNTRIES)}
    orders = pd.DataFrame(
        {
            "article": [
                f"{rng.choice(ADJECTIVES)} {rng.choice(ADJECTIVES)} {rng.choice(THINGS)}"
                for _ in range(n)
            ],
            "country": rng.choice(COUNTRIES, n),
            "carrier": rng.choice(["road", "rail", "air"], n),
            "ordered": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(730, size=n), "D"),
            "price": np.exp(rng.normal(4, 1, n)),
            "weight": np.exp(rng.normal(1, 0.7, n)),
        }
    )
    article = [sum(effects[word] for word in words.split()) for words in orders["article"]]
    season = 1.2 * np.cos(2 * np.pi * orders["ordered"].dt.day_of_year / 365)
    weekend = orders["ordered"].dt.day_of_week >= 5
    by_air = (np.log(orders["price"]) - 4) * (orders["carrier"] == "air")
    by_road = (np.log(orders["weight"]) - 1) * (orders["carrier"] == "road")
    logits = article + orders["country"].map(effects) + season + weekend + 2 * by_air + 2 * by_road
    probabilities = expit(logits)
    late = rng.uniform(size=n) < probabilities
    orders.loc[rng.uniform(size=n) < 0.2, "weight"] = np.nan
    orders.loc[rng.uniform(size=n) < 0.1, "carrier"] = None
    return orders, np.where(late, "late", "on time"), probabilities


orders, y, probabilities = make_orders(4000, np.random.default_rng(0))
train, test = train_test_split(np.arange(len(y)), train_size=1500, random_state=0)
print(orders.head())
print(f"\nlate: {np.mean(y == 'late'):.0%}")

# %%
# One line, or one transformer for each kind of column
# ----------------------------------------------------
# :func:`skrub.tabular_pipeline` looks at the columns and at the classifier. For a network it turns
# words and dates into numbers, fills gaps and marks them, and scales; trees get gaps as they are.
#
# We write the other pipeline by hand, because we know the columns. Prices and weights are compared
# by ratios, so we take logarithms. For dates, the season and the weekend matter.


def season_and_weekend(frame):
    """Columns of numbers for a column of dates."""
    dates = frame["ordered"].dt
    angle = 2 * np.pi * dates.day_of_year / 365
    return np.column_stack([np.sin(angle), np.cos(angle), dates.day_of_week >= 5])


def by_hand(classifier):
    """Prepare each kind of column, and classify."""
    numbers = make_pipeline(
        FunctionTransformer(np.log), SimpleImputer(add_indicator=True), StandardScaler()
    )
    columns = make_column_transformer(
        (TfidfVectorizer(), "article"),  # a name without a list: a column of texts, not a table
        (OneHotEncoder(handle_unknown="ignore"), ["country", "carrier"]),
        (FunctionTransformer(season_and_weekend), ["ordered"]),
        (numbers, ["price", "weight"]),
        sparse_threshold=0,  # always dense, which the trees need
    )
    return make_pipeline(columns, classifier)


classifiers = {
    "SoftmaxMLP": SoftmaxMLPClassifier(random_state=0),
    "SigmoidMLP": SigmoidMLPClassifier(random_state=0),
    "LogisticRegression": LogisticRegression(max_iter=1000),
    "HistGradientBoosting": HistGradientBoostingClassifier(random_state=0),
}
losses = {}
with threadpool_limits(1):  # on so few rows, more threads cost more than they save
    for name, classifier in classifiers.items():
        for make in (tabular_pipeline, by_hand):
            model = make(classifier).fit(orders.iloc[train], y[train])
            losses[name, make] = log_loss(y[test], model.predict_proba(orders.iloc[test]))
best = log_loss(y[test] == "late", probabilities[test])

print("log loss on unseen orders  tabular_pipeline  by hand")
for name in classifiers:
    print(f"{name:25s}  {losses[name, tabular_pipeline]:16.3f}  {losses[name, by_hand]:7.3f}")
print(f"{'the true probabilities':25s}  {best:16.3f}")

# %%

figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
colors = ["tab:blue", "tab:orange", "0.5", "0.5"]
for y_position, (name, color) in enumerate(zip(classifiers, colors, strict=True)):
    for make, marker in ((tabular_pipeline, "o"), (by_hand, "D")):
        ax.plot(losses[name, make], y_position, marker, color=color, markersize=9)
for marker, label in (("o", "tabular_pipeline of skrub"), ("D", "ColumnTransformer by hand")):
    ax.plot([], [], marker, color="0.2", markersize=9, label=label)
ax.axvline(best, color="0.2", linestyle=":", label="true probabilities")
ax.set(yticks=range(len(classifiers)), yticklabels=list(classifiers), ylim=(3.5, -0.5))
ax.set(xlabel="log loss on unseen orders (left is better)")
ax.set_title("Columns prepared by hand help every classifier")
legend = figure.legend(loc="outside lower center", ncols=3)

# %%
# **One line is enough to start with.** Knowing what the columns mean gains more: season and
# logarithms help every classifier. With default parameters, the networks are nearer to the true
# probabilities than boosted trees, which are overconfident on so few rows.
#
# The table is made up, and most of its effects add up, which suits networks and logistic
# regression. Where steps and combinations of columns decide, trees can win: the
# :doc:`benchmarks </benchmarks>` compare them on 37 real data sets. The
# :doc:`user guide </user_guide/tables>` has more about such columns.

plt.show()
