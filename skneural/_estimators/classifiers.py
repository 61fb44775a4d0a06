"""The two public classifiers."""

from typing import Any

from skneural._estimators.base import BaseMLPClassifier
from skneural._inputs import parameters as check
from skneural._network import Output, SigmoidOutput, SoftmaxOutput


class SoftmaxMLPClassifier(BaseMLPClassifier):
    """Multi-layer perceptron whose output units compete: softmax and cross-entropy.

    For each target, the activations of the output units are probabilities that sum to 1: the
    network has to choose. A binary or multiclass `y` is one target with a unit per class; each
    label of a multilabel `y` is a target with two units, absent and present; each column of a
    multiclass-multioutput `y` is a target with a unit per class. With logits z and weights w,
    L-BFGS or another solver of `scipy.optimize` minimises, on all the data at once::

        (1 / S) sum_i w_i (logsumexp(z_i) - z_i[y_i])
            + alpha / (2 S) sum_l ||W_l||^2

    where i counts rows and l layers, S is the sum of the weights, and w includes the
    class weights. Of several targets the losses are added, and S is the mean of their sums.
    Biases are not penalised.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units in each hidden layer. Without any, ``()``, the model is multinomial logistic
        regression.
    activation : str or list of str, default="relu"
        Activation function of the hidden layers: "identity", "logistic", "tanh", "relu" or
        "softplus"; or a list with a name for each layer.
    alpha : float or "auto", default="auto"
        Strength of the L2 penalty. Without hidden layers it is ``1 / C`` of
        :class:`~sklearn.linear_model.LogisticRegression`, and ``2 / C`` for the softmax of two
        classes. "auto" finds one for each layer from the training data, by the evidence and the
        dispersion of the labels, anew at the start of each round (see Notes); they are in
        `alpha_`. For several labels with hidden layers they are too small: stop early, or give a
        number. A number is the stronger, the smaller the sample weights are, as it is divided
        by their sum S: boosting, whose weights sum to 1, needs a small one. "auto" takes weights
        that sum to 1 or less for shares of the rows (on small data, of the rows that differ).
    solver : str, default="lbfgs"
        Method of :func:`scipy.optimize.minimize`. "lbfgs", "cg", "bfgs" and "tnc" use the
        gradient alone. "newton-cg", "trust-ncg" and "trust-krylov" use exact products with
        the Hessian too, so they need hidden activations other than "relu"; they are for
        solutions of high precision. "bfgs" and "trust-krylov" allocate dense matrices and
        take at most 4096 weights.
    preconditioner : {"auto", "kronecker", "diagonal"} or None, default="auto"
        The coordinates in which the solver works; the minima are the same in all. "kronecker"
        takes, for each layer, the second moments of its inputs and of the errors propagated
        back to its outputs, "diagonal" only their diagonals, None neither. "auto" is
        "kronecker" with two exceptions. A side of more than 2048 units or features, or of more
        than 256 and more than there are rows, is taken as diagonal: to factor its matrix takes
        longer than evaluations of the objective. And problems of less than 1e6 rows times
        weights get none, unless a feature's variance is more than 100 times the median: they
        are solved before it pays. "kronecker" takes at most 8192 units or features.
    max_iter : int, default=100
        The most iterations of the solver in a call of `fit`.
    tol : float, default=1e-4
        The fit has converged when no entry of the gradient is greater in magnitude.
    early_stopping : bool, default=False
        Whether to stop when the log loss on validation data has not become lower for
        `n_iter_no_change` iterations, and to keep the weights where it was lowest. (On a sample
        of large data, only the round on that sample stops.) Validation data are `X_val` and
        `y_val` of `fit`, or else a random share of the training rows, which are then not
        trained on; with the classes in proportion, and rare labels on both sides, if possible.
    validation_fraction : float in (0, 1), default=0.1
        The share of the rows that `early_stopping` sets aside, where `fit` has no `X_val`.
    n_iter_no_change : int, default=10
        Iterations without improvement after which `early_stopping` stops.
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes, ``{class: weight}``, 1 where not given. "balanced" gives all
        classes of a target the same total weight. For several labels or outputs, a list with a
        dict for each, applied to its own loss. A key that is no class of `y` is an error.
    label_smoothing : float in [0, 1), default=0.0
        The share of each label that is spread evenly over the classes of its target.
    missing_labels : {"error", "ignore"}, default="error"
        Whether labels of a multilabel `y` may be NaN, which means that they are not known.
        "ignore" leaves them out of losses, class weights, validation and `score`; the known
        labels of the same rows count. None and pandas's NA are NaN too; -1 is a class like any
        other. (Scikit-learn itself knows nothing of this: give cross-validation a splitter, such
        as ``KFold(5)``, and no number, and score by `score` or a callable.)
    n_init : int, default=1
        Number of fits from different random weights, of which the one with the lowest loss
        is kept, or, with `early_stopping`, the one with the lowest validation loss. Losses
        include the penalty, which ``alpha="auto"`` finds for each fit by itself.
    warm_start : bool, default=False
        Whether `fit` continues where the last one stopped, from its weights alone: `n_init`
        then counts for the first fit only. `loss_curve_` and the other histories go on.
    n_jobs : int or None, default=None
        How many of the `n_init` fits run at the same time, by joblib; they then cannot be
        interrupted one by one. A single fit uses as many threads as BLAS would.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, of samples of the rows and of the validation split. The
        same seed gives the same bits for any number of threads and jobs. With `early_stopping`
        and `warm_start`, only an int sets the same rows aside in each fit.
    verbose : int, default=0
        If positive, print iteration, loss, gradient norm and seconds in every iteration.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,) or list of them
        Class labels; for multiclass-multioutput `y` a list with those of each output; for
        multilabel `y` ``arange(n_labels)``, as in scikit-learn's MLPClassifier. (Of exactly
        two labels, scikit-learn's scorers "neg_log_loss", "neg_brier_score" and
        "roc_auc_ovr" therefore take the probabilities for those of two classes.)
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.
    intercepts_ : list of ndarray of shape (fan_out,)
        Biases of each layer.
    alpha_ : ndarray of shape (`n_layers_` - 1,)
        The penalty of each layer.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features, where `X` has names that are all strings.
    n_outputs_ : int
        Number of output units.
    n_layers_ : int
        Number of layers, input and output included.
    out_activation_ : str
        "softmax".
    loss_ : float
        The objective at the final weights, penalty included.
    loss_curve_ : list of float
        The objective after each iteration, with the penalty, and on the rows, of its round.
    gradient_norm_curve_ : list of float
        The largest magnitude of an entry of that objective's gradient after each iteration.
    n_iter_ : int
        Number of iterations; with `warm_start`, of all fits.
    n_fev_ : int
        Number of evaluations of loss and gradient; with `warm_start`, of all fits.
    gradient_norm_ : float
        The largest magnitude of an entry of the gradient at the final weights.
    converged_ : bool
        Whether ``gradient_norm_ <= tol``.
    stop_reason_ : str
        Why the solver stopped: "tol"; "max_iter"; "early_stopping"; "callback", one of
        `set_callbacks` asked for it; "precision", no further progress was possible at this
        precision; "overflow", the next weights it tried gave no finite loss; or "interrupted"
        from the keyboard.
    validation_losses_ : list of float
        The log loss on the validation data after each iteration, if there are such data: the
        mean over rows and targets of ``-log p`` of the labels, weighted by sample and class
        weights. Lower is better.
    best_validation_loss_ : float
        The lowest of them; with `warm_start`, of the last fit, its start included.
    init_losses_ : ndarray of shape (n_init,)
        The final loss of each of the fits; of one, if the fit continued an earlier one; of
        fewer, if it was stopped between them. The other attributes speak of the best.

    See Also
    --------
    SigmoidMLPClassifier : Output units that are independent of each other.
    TunedThresholdsClassifierCV : Thresholds of several labels, chosen from data.
    ActivationsDisplay : What the output units say, in a picture.
    LossCurveDisplay : How the fit went, in a picture.
    sklearn.neural_network.MLPClassifier : Trained by mini-batches; chooses the output itself.

    Notes
    -----
    On small data, of up to 65536 features and labels in all rows together, rows are sorted and
    equal ones merged before the fit, so that neither their order nor repeating rows instead of
    weighting them changes a single bit of the result, unless `early_stopping` sets random rows
    aside. On larger data both change it by rounding, which the path of the solver amplifies.

    A fit is a sequence of rounds: three of 15 iterations, or of 8 on a sample, and one with the
    rest. Each begins with the penalty and the coordinates for the weights that have been
    reached. If `max_iter` is above 45, the first round runs on a random half of the rows from
    10000 rows on; from 20000 on, the first on a quarter and the second on a half; of a single
    target, with the classes in proportion. `loss_`, `gradient_norm_` and `converged_` always
    speak of all rows and of `alpha_`. A fit with a number for `alpha` and no preconditioner is
    a single round. The first weights are drawn as if the features were standardised, with
    variances taken to be at least their median.

    References
    ----------
    J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs,
    with relationships to statistical pattern recognition", in: Neurocomputing, NATO ASI Series
    F 68, Springer, 1990.
    `doi:10.1007/978-3-642-76153-9_28 <https://doi.org/10.1007/978-3-642-76153-9_28>`_

    D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale
    optimization", Mathematical Programming 45, 1989.
    `doi:10.1007/BF01589116 <https://doi.org/10.1007/BF01589116>`_

    J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
    curvature", ICML 2015. https://proceedings.mlr.press/v37/martens15.html

    D. J. C. MacKay, "The evidence framework applied to classification networks", Neural
    Computation 4, 1992. `doi:10.1162/neco.1992.4.5.720
    <https://doi.org/10.1162/neco.1992.4.5.720>`_

    B. A. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994.
    `doi:10.1162/neco.1994.6.1.147 <https://doi.org/10.1162/neco.1994.6.1.147>`_

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skneural import SoftmaxMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = SoftmaxMLPClassifier(
    ...     hidden_layer_sizes=(10,), activation="tanh", alpha=1.0,
    ...     max_iter=500, random_state=0,
    ... ).fit(X, y)
    >>> classifier.predict(X[::50])
    array([0, 1, 2])
    >>> classifier.predict_proba(X[::50]).round(1)
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    >>> classifier.predict_activations(X[:3]).sum(axis=1).round(6)
    array([1., 1., 1.])
    >>> classifier.transform(X).shape
    (150, 10)
    >>> bool(classifier.score(X, y) > 0.97)
    True
    >>> classifier.stop_reason_
    'tol'
    """

    def _make_output(self, n_classes: list[int], **loss_parameters: Any) -> Output:
        return SoftmaxOutput(n_classes, **loss_parameters)


class SigmoidMLPClassifier(BaseMLPClassifier):
    """Multi-layer perceptron whose output units are independent: sigmoids, binary cross-entropy.

    Each activation is in (0, 1) by itself, and they need not sum to 1: all units may say no,
    or several yes. A binary `y` has one unit; a multiclass `y` one-vs-rest units, one per
    class, of which `predict` takes the largest; a multilabel `y` a unit per label, which is
    predicted where the activation is above `threshold`; each column of a
    multiclass-multioutput `y` has units of its own. With logits z, targets t of 0 or 1 and
    weights w, L-BFGS or another solver of `scipy.optimize` minimises, on all the data at
    once::

        (1 / S) sum_i w_i sum_k (softplus(z_ik) - t_ik z_ik)
            + alpha / (2 S) sum_l ||W_l||^2

    where i counts rows, k units and l layers, S is the sum of the weights, and w includes the
    class weights. Of several targets the losses are added, and S is the mean of their sums.
    Biases are not penalised.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units in each hidden layer. Without any, ``()``, the model is a logistic
        regression for each unit.
    activation : str or list of str, default="relu"
        Activation function of the hidden layers: "identity", "logistic", "tanh", "relu" or
        "softplus"; or a list with a name for each layer.
    alpha : float or "auto", default="auto"
        Strength of the L2 penalty. Without hidden layers it is ``1 / C`` of
        :class:`~sklearn.linear_model.LogisticRegression`, and ``2 / C`` for the softmax of two
        classes. "auto" finds one for each layer from the training data, by the evidence and the
        dispersion of the labels, anew at the start of each round (see Notes); they are in
        `alpha_`. For several labels with hidden layers they are too small: stop early, or give a
        number. A number is the stronger, the smaller the sample weights are, as it is divided
        by their sum S: boosting, whose weights sum to 1, needs a small one. "auto" takes weights
        that sum to 1 or less for shares of the rows (on small data, of the rows that differ).
    solver : str, default="lbfgs"
        Method of :func:`scipy.optimize.minimize`. "lbfgs", "cg", "bfgs" and "tnc" use the
        gradient alone. "newton-cg", "trust-ncg" and "trust-krylov" use exact products with
        the Hessian too, so they need hidden activations other than "relu"; they are for
        solutions of high precision. "bfgs" and "trust-krylov" allocate dense matrices and
        take at most 4096 weights.
    preconditioner : {"auto", "kronecker", "diagonal"} or None, default="auto"
        The coordinates in which the solver works; the minima are the same in all. "kronecker"
        takes, for each layer, the second moments of its inputs and of the errors propagated
        back to its outputs, "diagonal" only their diagonals, None neither. "auto" is
        "kronecker" with two exceptions. A side of more than 2048 units or features, or of more
        than 256 and more than there are rows, is taken as diagonal: to factor its matrix takes
        longer than evaluations of the objective. And problems of less than 1e6 rows times
        weights get none, unless a feature's variance is more than 100 times the median: they
        are solved before it pays. "kronecker" takes at most 8192 units or features.
    max_iter : int, default=100
        The most iterations of the solver in a call of `fit`.
    tol : float, default=1e-4
        The fit has converged when no entry of the gradient is greater in magnitude.
    early_stopping : bool, default=False
        Whether to stop when the log loss on validation data has not become lower for
        `n_iter_no_change` iterations, and to keep the weights where it was lowest. (On a sample
        of large data, only the round on that sample stops.) Validation data are `X_val` and
        `y_val` of `fit`, or else a random share of the training rows, which are then not
        trained on; with the classes in proportion, and rare labels on both sides, if possible.
    validation_fraction : float in (0, 1), default=0.1
        The share of the rows that `early_stopping` sets aside, where `fit` has no `X_val`.
    n_iter_no_change : int, default=10
        Iterations without improvement after which `early_stopping` stops.
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes, ``{class: weight}``, 1 where not given. "balanced" gives all
        classes of a target the same total weight. For several labels or outputs, a list with a
        dict for each, applied to its own loss. A key that is no class of `y` is an error.
    label_smoothing : float in [0, 1), default=0.0
        The share of each label that is spread evenly over yes and no.
    missing_labels : {"error", "ignore"}, default="error"
        Whether labels of a multilabel `y` may be NaN, which means that they are not known.
        "ignore" leaves them out of losses, class weights, validation and `score`; the known
        labels of the same rows count. None and pandas's NA are NaN too; -1 is a class like any
        other. (Scikit-learn itself knows nothing of this: give cross-validation a splitter, such
        as ``KFold(5)``, and no number, and score by `score` or a callable.)
    n_init : int, default=1
        Number of fits from different random weights, of which the one with the lowest loss
        is kept, or, with `early_stopping`, the one with the lowest validation loss. Losses
        include the penalty, which ``alpha="auto"`` finds for each fit by itself.
    warm_start : bool, default=False
        Whether `fit` continues where the last one stopped, from its weights alone: `n_init`
        then counts for the first fit only. `loss_curve_` and the other histories go on.
    n_jobs : int or None, default=None
        How many of the `n_init` fits run at the same time, by joblib; they then cannot be
        interrupted one by one. A single fit uses as many threads as BLAS would.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, of samples of the rows and of the validation split. The
        same seed gives the same bits for any number of threads and jobs. With `early_stopping`
        and `warm_start`, only an int sets the same rows aside in each fit.
    verbose : int, default=0
        If positive, print iteration, loss, gradient norm and seconds in every iteration.
    threshold : float or array-like of shape (n_labels,), default=0.5
        A label, or the second of two classes, is predicted where its activation is greater. It
        counts when predicting: after ``set_params`` there is no need to fit again.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,) or list of them
        Class labels; for multiclass-multioutput `y` a list with those of each output; for
        multilabel `y` ``arange(n_labels)``, as in scikit-learn's MLPClassifier. (Of exactly
        two labels, scikit-learn's scorers "neg_log_loss", "neg_brier_score" and
        "roc_auc_ovr" therefore take the probabilities for those of two classes.)
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.
    intercepts_ : list of ndarray of shape (fan_out,)
        Biases of each layer.
    alpha_ : ndarray of shape (`n_layers_` - 1,)
        The penalty of each layer.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features, where `X` has names that are all strings.
    n_outputs_ : int
        Number of output units.
    n_layers_ : int
        Number of layers, input and output included.
    out_activation_ : str
        "logistic", as scikit-learn calls the sigmoid.
    loss_ : float
        The objective at the final weights, penalty included.
    loss_curve_ : list of float
        The objective after each iteration, with the penalty, and on the rows, of its round.
    gradient_norm_curve_ : list of float
        The largest magnitude of an entry of that objective's gradient after each iteration.
    n_iter_ : int
        Number of iterations; with `warm_start`, of all fits.
    n_fev_ : int
        Number of evaluations of loss and gradient; with `warm_start`, of all fits.
    gradient_norm_ : float
        The largest magnitude of an entry of the gradient at the final weights.
    converged_ : bool
        Whether ``gradient_norm_ <= tol``.
    stop_reason_ : str
        Why the solver stopped: "tol"; "max_iter"; "early_stopping"; "callback", one of
        `set_callbacks` asked for it; "precision", no further progress was possible at this
        precision; "overflow", the next weights it tried gave no finite loss; or "interrupted"
        from the keyboard.
    validation_losses_ : list of float
        The log loss on the validation data after each iteration, if there are such data: the
        mean over rows and targets of ``-log p`` of the labels, weighted by sample and class
        weights. Lower is better.
    best_validation_loss_ : float
        The lowest of them; with `warm_start`, of the last fit, its start included.
    init_losses_ : ndarray of shape (n_init,)
        The final loss of each of the fits; of one, if the fit continued an earlier one; of
        fewer, if it was stopped between them. The other attributes speak of the best.

    See Also
    --------
    SoftmaxMLPClassifier : Output units that compete and sum to 1.
    TunedThresholdsClassifierCV : Thresholds of several labels, chosen from data.
    ActivationsDisplay : What the output units say, in a picture.
    LossCurveDisplay : How the fit went, in a picture.
    sklearn.neural_network.MLPClassifier : Trained by mini-batches; chooses the output itself.

    Notes
    -----
    On small data, of up to 65536 features and labels in all rows together, rows are sorted and
    equal ones merged before the fit, so that neither their order nor repeating rows instead of
    weighting them changes a single bit of the result, unless `early_stopping` sets random rows
    aside. On larger data both change it by rounding, which the path of the solver amplifies.

    A fit is a sequence of rounds: three of 15 iterations, or of 8 on a sample, and one with the
    rest. Each begins with the penalty and the coordinates for the weights that have been
    reached. If `max_iter` is above 45, the first round runs on a random half of the rows from
    10000 rows on; from 20000 on, the first on a quarter and the second on a half; of a single
    target, with the classes in proportion. `loss_`, `gradient_norm_` and `converged_` always
    speak of all rows and of `alpha_`. A fit with a number for `alpha` and no preconditioner is
    a single round. The first weights are drawn as if the features were standardised, with
    variances taken to be at least their median.

    References
    ----------
    R. Rifkin and A. Klautau, "In defense of one-vs-all classification", Journal of Machine
    Learning Research 5, 2004. https://www.jmlr.org/papers/v5/rifkin04a.html

    D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale
    optimization", Mathematical Programming 45, 1989.
    `doi:10.1007/BF01589116 <https://doi.org/10.1007/BF01589116>`_

    J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
    curvature", ICML 2015. https://proceedings.mlr.press/v37/martens15.html

    D. J. C. MacKay, "The evidence framework applied to classification networks", Neural
    Computation 4, 1992. `doi:10.1162/neco.1992.4.5.720
    <https://doi.org/10.1162/neco.1992.4.5.720>`_

    B. A. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994.
    `doi:10.1162/neco.1994.6.1.147 <https://doi.org/10.1162/neco.1994.6.1.147>`_

    Examples
    --------
    Two labels at once:

    >>> from sklearn.datasets import make_multilabel_classification
    >>> from skneural import SigmoidMLPClassifier
    >>> X, Y = make_multilabel_classification(n_classes=2, random_state=0)
    >>> classifier = SigmoidMLPClassifier(
    ...     hidden_layer_sizes=(10,), activation="tanh", alpha=10.0,
    ...     max_iter=500, random_state=0,
    ... ).fit(X, Y)
    >>> classifier.predict(X[:3])
    array([[0, 1],
           [1, 0],
           [1, 0]])
    >>> classifier.predict_proba(X[:3]).shape
    (3, 2)

    Nothing makes the activations of a row sum to 1:

    >>> classifier.predict_activations(X[:3]).sum(axis=1) > 1
    array([False,  True,  True])

    A lower threshold for the second label:

    >>> classifier.set_params(threshold=[0.5, 0.3]).predict(X[:3])
    array([[0, 1],
           [1, 1],
           [1, 1]])
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        alpha="auto",
        solver="lbfgs",
        preconditioner="auto",
        max_iter=100,
        tol=1e-4,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        class_weight=None,
        label_smoothing=0.0,
        missing_labels="error",
        n_init=1,
        warm_start=False,
        n_jobs=None,
        random_state=None,
        verbose=0,
        threshold=0.5,
    ):
        super().__init__(
            hidden_layer_sizes,
            activation,
            alpha=alpha,
            solver=solver,
            preconditioner=preconditioner,
            max_iter=max_iter,
            tol=tol,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            class_weight=class_weight,
            label_smoothing=label_smoothing,
            missing_labels=missing_labels,
            n_init=n_init,
            warm_start=warm_start,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.threshold = threshold

    def _make_output(self, n_classes: list[int], **loss_parameters: Any) -> Output:
        threshold = check.decision_threshold(self.threshold, n_classes)
        return SigmoidOutput(n_classes, threshold=threshold, **loss_parameters)
