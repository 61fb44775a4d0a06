/* Ten sliders for the logits; both outputs, their errors and losses follow. */
figures.start("logits", (figure) => {
  const sliders = [...figure.querySelectorAll("input[type=range]")];
  const truth = figure.querySelector("select");
  const status = figure.querySelector("[role=status]");
  const shifts = [...figure.querySelectorAll("button[data-shift]")];
  const first = sliders.map((slider) => slider.value);

  function update() {
    const logits = sliders.map((slider) => Number(slider.value));
    const label = Number(truth.value);
    figures.show(
      figure,
      { softmax: figures.softmax(logits), sigmoid: figures.sigmoid(logits) },
      label,
    );
    sliders.forEach((slider, unit) => {
      slider.nextElementSibling.textContent = figures.number(logits[unit]);
    });
    // Logarithms of the activations, from the logits: an activation may be rounded to 0.
    const largest = Math.max(...logits);
    const powers = logits.map((z) => Math.exp(z - largest));
    const softmaxLoss = largest + Math.log(figures.sum(powers)) - logits[label];
    const softplus = logits.map((z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))));
    const sigmoidLoss = figures.sum(softplus) - logits[label];
    status.textContent =
      `Loss for label ${label}: softmax ${figures.number(softmaxLoss)}, ` +
      `sigmoids ${figures.number(sigmoidLoss)}, added up over ten units.`;
    for (const button of shifts) {
      const shift = Number(button.dataset.shift);
      button.disabled = sliders.some(({ min, max, value }) => {
        const moved = Number(value) + shift;
        return moved < Number(min) || moved > Number(max);
      });
    }
  }

  for (const button of shifts) {
    button.addEventListener("click", () => {
      for (const slider of sliders) {
        slider.value = Number(slider.value) + Number(button.dataset.shift);
      }
      update();
    });
  }
  figure.querySelector("button[data-reset]").addEventListener("click", () => {
    sliders.forEach((slider, unit) => (slider.value = first[unit]));
    update();
  });
  figure.addEventListener("input", update);
  update();
});
