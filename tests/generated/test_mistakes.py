"""A mistake is an error that names the argument, or it is none and the fit is finite.

So are features, weights and penalties of any magnitude.
"""

import inspect
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.generated.cases import cases
from tests.generated.odd import PARAMETERS, argument_values
from tests.generated.test_fits import as_list, fitted

# Sentences of scikit-learn about X and y, and of numpy, which users know.
KNOWN = (
    "Expected 2D",
    "Expected a 2-dimensional container",
    "Expected unique column names",
    "Found array with",
    "inconsistent numbers of samples",
    "Complex data not supported",
    "not compatible with arrays of bytes/strings",
    "could not convert string to float",
    "setting an array element with a sequence",
    "Input should have at least 1 dimension",
    "labels represented as bytes",
    "Feature names",
    "feature names",
    "float() argument must be a string or a real number",
    "too large to convert to float",
    "cannot be used to seed",
    "Seed must be between",
)


@st.composite
def mistakes(draw):
    """A classifier and arguments for its fit, with one or two odd values."""
    case = draw(cases())
    case.model.set_params(hidden_layer_sizes=(2,), activation="tanh", max_iter=3, n_init=1)
    arguments = argument_values(len(case.problem.X))
    parameters = [name for name in PARAMETERS if name in case.model.get_params()]
    names = draw(st.lists(st.sampled_from([*arguments, *parameters]), min_size=1, max_size=2))
    for name in names:
        if name in arguments:
            case.arguments[name] = draw(st.sampled_from(arguments[name]))
        else:
            case.model.set_params(**{name: draw(st.sampled_from(PARAMETERS[name]))})
    return case.model, case.arguments


def names_an_argument(message, model):
    names = {*inspect.signature(model.fit).parameters, *model.get_params()}
    return bool(names & set(re.findall(r"\w+", message))) or any(
        sentence in message for sentence in KNOWN
    )


MAGNITUDES = st.one_of(st.just(1.0), st.floats(-320, 308).map(lambda power: 10.0**power))


@st.composite
def magnitudes(draw):
    """A classifier and arguments for its fit, with numbers of any magnitude."""
    case = draw(cases())
    alpha = draw(st.sampled_from(["auto", 1.0, draw(MAGNITUDES)]))
    preconditioner = draw(st.sampled_from(["auto", "kronecker", "diagonal", None]))
    case.model.set_params(
        alpha=alpha,
        preconditioner=preconditioner,
        max_iter=draw(st.sampled_from([3, 60])),
        n_init=1,
    )
    X, n_rows = case.problem.X, len(case.problem.X)
    units = [draw(MAGNITUDES) for _ in range(X.shape[1])]
    with np.errstate(over="ignore"):
        case.arguments["X"] = (X * units).astype(draw(st.sampled_from(["float32", "float64"])))
        if draw(st.booleans()):
            case.arguments["sample_weight"] = np.arange(1, n_rows + 1) * draw(MAGNITUDES)
    if len(case.classes) == 1 and draw(st.booleans()):
        case.model.set_params(class_weight={case.classes[0][0]: draw(MAGNITUDES)})
    return case.model, case.arguments


@given(st.one_of(mistakes(), magnitudes()))
def test_a_mistake_is_an_error_that_names_it_or_the_fit_is_finite(mistake):
    model, arguments = mistake
    before = dict(vars(model))
    message = None
    try:
        fitted(model, arguments)
    except (TypeError, ValueError) as error:
        message = str(error)
    if message is not None:
        assert names_an_argument(message, model)
        assert vars(model) == before
        return
    assert np.isfinite([model.loss_, model.gradient_norm_]).all()
    probabilities = as_list(model.predict_proba(arguments["X"]))
    for values in (*model.coefs_, *model.intercepts_, *probabilities):
        assert np.isfinite(values).all()
