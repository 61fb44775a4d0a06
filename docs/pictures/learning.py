"""Write `learning.html`: the ten units of both outputs while they learn one image of a 3.

Run it from anywhere, with the package installed: ``python docs/pictures/learning.py``. The
slider is that of `docs/_static/learning.js`.
"""

import warnings

import numpy as np
from charts import data, digit, pair, write
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

OUTPUTS = {"softmax": SoftmaxMLPClassifier, "sigmoid": SigmoidMLPClassifier}
LAST, SHOWN = 10, 2  # the last iteration of the slider, and where it stands at first


def fit(make, k, X, y):
    """The network after k iterations, which are the first k of any longer fit.

    That needs a number for alpha and no preconditioner, so that nothing changes on the way. With a
    huge `tol`, a fit ends at its first weights.
    """
    stop = {"max_iter": k} if k > 0 else {"tol": 1e9}
    classifier = make(**stop, alpha=1.0, preconditioner=None, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped on purpose
        return classifier.fit(X, y)


if __name__ == "__main__":
    X, y = load_digits(return_X_y=True)
    row = np.flatnonzero(y == 3)[11]
    label = int(y[row])
    X = X / 16
    paths = {
        output: [fit(make, k, X, y).predict_activations(X[[row]])[0] for k in range(LAST + 1)]
        for output, make in OUTPUTS.items()
    }
    still = {output: path[SHOWN] for output, path in paths.items()}
    errors = {output: p - (np.arange(10) == label) for output, p in still.items()}
    numbers = {output: np.round(path, 4).tolist() for output, path in paths.items()}
    write(
        __file__,
        data({"label": label, **numbers}),
        f"""<div class="sk-controls" hidden>
<label class="sk-time"><span>training</span>
<input type="range" min="0" max="{LAST}" value="{SHOWN}">
<output></output></label>
<p role="status"></p>
</div>
<div class="sk-row">
{digit(16 * X[row])}
<div class="sk-charts">""",
        pair(still, [label]),
        pair(errors, [label], shown="error"),
        "</div>\n</div>",
        kind="learning",
        caption=f"""One image of a {label}, while two networks learn 1797 digits. <span
class="sk-still">Here they have made {SHOWN} iterations.</span> The frame marks unit {label}, whose
target is 1; the others have the target 0. The error p \N{MINUS SIGN} t of a unit is its activation
minus its target.""",
    )
