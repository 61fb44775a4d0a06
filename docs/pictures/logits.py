"""Write `logits.html`: ten logits, and what both outputs make of them.

Run it from anywhere, with the package installed: ``python docs/pictures/logits.py``. The
sliders are those of `docs/_static/logits.js`.
"""

import numpy as np
from charts import pair, write

from skneural.activations import sigmoid, softmax

LOGITS = np.array([-4, -5, -1, 1.5, -4, 0.5, -6, -3, 0, -2])  # a 3 that looks a little like a 5
LABEL = 3

CAPTION = f"""Ten logits, of an image of a {LABEL} that looks a little like a 5 and an 8. The frame
marks the true digit. <span hidden>Move one slider: every bar of the softmax moves, but only one
sigmoid. Raise all logits: the softmax stays as it is, and all sigmoids go up.</span>"""


def slider(unit, logit):
    return (
        f'<label><span>logit {unit}</span> <input type="range" min="-8" max="8" step="0.5" '
        f'value="{logit:g}"> <output></output></label>'
    )


def controls():
    digits = "".join(
        f"<option{' selected' if digit == LABEL else ''}>{digit}</option>" for digit in range(10)
    )
    sliders = "\n".join(slider(unit, logit) for unit, logit in enumerate(LOGITS))
    return f"""<div class="sk-controls" hidden>
<div class="sk-sliders">
{sliders}
</div>
<div class="sk-buttons">
<button type="button" data-shift="1">Raise all by 1</button>
<button type="button" data-shift="-1">Lower all by 1</button>
<button type="button" data-reset>Start again</button>
<label>true digit <select>{digits}</select></label>
</div>
<p role="status"></p>
</div>"""


if __name__ == "__main__":
    activations = {"softmax": softmax(LOGITS[None])[0], "sigmoid": sigmoid(LOGITS)}
    errors = {output: p - (np.arange(10) == LABEL) for output, p in activations.items()}
    write(
        __file__,
        controls(),
        '<div class="sk-charts">',
        pair(activations, [LABEL]),
        pair(errors, [LABEL], shown="error"),
        "</div>",
        kind="logits",
        caption=CAPTION,
    )
