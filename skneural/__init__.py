"""Neural-network classifiers for scikit-learn, with the output stated by name."""

from skneural import activations
from skneural._classifiers import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._persistence import __version__ as __version__

__all__ = ["SigmoidMLPClassifier", "SoftmaxMLPClassifier", "activations"]
