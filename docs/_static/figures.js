/* Shared by the figures that move: the two outputs, and their charts as docs/pictures/charts.py
   draws them. Every figure shows something without a script too; then its controls stay hidden. */
"use strict";

const figures = {
  /* Call run(figure) for every figure of this kind on the page, and show its controls. */
  start(kind, run) {
    for (const figure of document.querySelectorAll(`figure.sk-${kind}`)) {
      for (const element of figure.querySelectorAll("[hidden]")) element.hidden = false;
      for (const still of figure.querySelectorAll(".sk-still")) still.remove();
      run(figure);
    }
  },

  /* The numbers that the page brings along. */
  data(figure) {
    return JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  },

  sum(values) {
    return values.reduce((total, value) => total + value, 0);
  },

  softmax(logits) {
    const largest = Math.max(...logits); // so that no exponential overflows
    const powers = logits.map((z) => Math.exp(z - largest));
    const total = figures.sum(powers);
    return powers.map((power) => power / total);
  },

  sigmoid(logits) {
    return logits.map((z) => 1 / (1 + Math.exp(-z)));
  },

  /* Two digits, with a minus sign where it is not a rounded zero. */
  number(value) {
    return value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "\u2212");
  },

  /* Set the bars, frames, titles and spoken texts of all charts of a figure. */
  show(figure, activations, label) {
    for (const chart of figure.querySelectorAll(".sk-chart")) {
      const { output, shown } = chart.dataset;
      let values = activations[output];
      let title = `${output}: activations sum to ${figures.number(figures.sum(values))}`;
      if (shown === "error") {
        values = values.map((p, unit) => p - (unit === label ? 1 : 0));
        title = `${output}: error p \u2212 t of each unit`;
      }
      const bars = chart.querySelectorAll(".sk-bars rect");
      bars.forEach((bar, unit) => {
        bar.setAttribute("y", Math.min(values[unit], 0));
        bar.setAttribute("height", Math.abs(values[unit]));
      });
      const frame = chart.querySelector(".sk-frame");
      const step = bars[1].getAttribute("x") - bars[0].getAttribute("x");
      if (frame) frame.setAttribute("transform", `translate(${step * label} 0)`);
      chart.querySelector(".sk-title").textContent = title;
      const spoken = values.map((value, unit) => `${unit}: ${figures.number(value)}`).join(", ");
      chart.setAttribute("aria-label", `${title}. ${spoken}.`);
    }
  },
};
