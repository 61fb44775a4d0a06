"""The same network in PyTorch, trained by Adam with early stopping, as a classifier."""

from copy import deepcopy

import numpy as np
from _recording import torch


class TorchAdamClassifier:
    """One hidden layer of 100 ReLU units, trained on batches of 200 rows.

    A random tenth of the rows is held out. Training ends when their log loss has not fallen for
    10 epochs, or after 200, and the weights of the best epoch are kept.
    """

    HIDDEN, BATCH, SHARE, PATIENCE, EPOCHS = 100, 200, 0.1, 10, 200

    def __init__(self, random_state):
        self.random_state = random_state

    def fit(self, X, y):
        torch.manual_seed(self.random_state)
        self.classes_ = np.unique(y)
        self._model = torch.nn.Sequential(
            torch.nn.Linear(X.shape[1], self.HIDDEN),
            torch.nn.ReLU(),
            torch.nn.Linear(self.HIDDEN, len(self.classes_)),
        )
        self._optimizer = torch.optim.Adam(self._model.parameters(), lr=1e-3)
        self._loss = torch.nn.CrossEntropyLoss()
        X, y = torch.from_numpy(X), torch.from_numpy(np.searchsorted(self.classes_, y))
        held_out, rest = torch.randperm(len(y)).tensor_split([int(self.SHARE * len(y))])
        data = X[rest], y[rest], X[held_out], y[held_out]
        best, best_epoch, self.n_iter_ = np.inf, 0, 0
        while self.n_iter_ < min(self.EPOCHS, best_epoch + self.PATIENCE):
            self.n_iter_ += 1
            loss = self._epoch(*data)
            if loss < best:
                best, best_epoch = loss, self.n_iter_
                weights = deepcopy(self._model.state_dict())
        self._model.load_state_dict(weights)
        return self

    def _epoch(self, X, y, X_val, y_val):
        """Train, and return the log loss on the rows held out."""
        for batch in torch.randperm(len(y)).split(self.BATCH):
            self._optimizer.zero_grad()
            logits = self._model(X.index_select(0, batch))
            self._loss(logits, y.index_select(0, batch)).backward()
            self._optimizer.step()
        with torch.no_grad():
            return self._loss(self._model(X_val), y_val).item()

    def predict_proba(self, X):
        with torch.no_grad():
            return torch.softmax(self._model(torch.from_numpy(X)), dim=1).numpy()
