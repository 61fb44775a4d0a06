"""Write `labels.html`: four labels of a digit at once, by four sigmoids.

Run it from anywhere, with the package installed: ``python docs/pictures/labels.py``.
"""

import numpy as np
from charts import chart, digit, write
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier

LABELS = {  # the digits of which each is true
    "even": (0, 2, 4, 6, 8),
    "prime": (2, 3, 5, 7),
    "above 4": (5, 6, 7, 8, 9),
    "has a loop": (0, 6, 8, 9),
}

if __name__ == "__main__":
    X, y = load_digits(return_X_y=True)
    Y = np.column_stack([np.isin(y, digits) for digits in LABELS.values()]).astype(int)
    X_train, X_test, Y_train, Y_test, _, y_test = train_test_split(
        X, Y, y, test_size=0.3, stratify=y, random_state=0
    )
    model = make_pipeline(StandardScaler(), SigmoidMLPClassifier(random_state=0))
    model.fit(X_train, Y_train)
    activations = model.predict_proba(X_test)
    shown = [np.flatnonzero(y_test == label)[0] for label in (7, 8)]
    right = (model.predict(X_test) == Y_test).mean()
    parts = []
    for row in shown:
        true = np.flatnonzero(Y_test[row])
        parts += [digit(X_test[row]), chart("sigmoid", activations[row], true, units=list(LABELS))]
    write(
        __file__,
        '<div class="sk-row sk-two">',
        *parts,
        "</div>",
        kind="labels",
        caption=f"""Four labels for each digit, any number of which may be true. Frames mark those
that are, and the sums are near their number. With the threshold 0.5, {right:.1%} of the labels of
{len(y_test)} test digits are right.""",
    )
