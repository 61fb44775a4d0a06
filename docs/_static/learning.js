/* One image while the networks learn: a slider over the iterations. */
figures.start("learning", (figure) => {
  const slider = figure.querySelector("input[type=range]");
  const status = figure.querySelector("[role=status]");
  const { label, softmax, sigmoid } = figures.data(figure);

  function update() {
    const k = Number(slider.value);
    figures.show(figure, { softmax: softmax[k], sigmoid: sigmoid[k] }, label);
    const after = k === 1 ? "1 iteration" : `${k} iterations`;
    slider.nextElementSibling.textContent = after;
    slider.setAttribute("aria-valuetext", after);
    status.textContent =
      `After ${after}, unit ${label} has ${figures.number(softmax[k][label])} in the softmax ` +
      `and ${figures.number(sigmoid[k][label])} as a sigmoid.`;
  }

  slider.addEventListener("input", update);
  update();
});
