/* Draw a digit, and see what a softmax and a sigmoid network make of it.

   The images of the data set are bitmaps of 32 x 32, of which the set cells are counted in
   blocks of 4 x 4. So is the drawing: a pen sets cells of the bitmap. */
figures.start("draw", (figure) => {
  const FINE = 32;
  const PEN = 2.3; // its radius, in cells of the bitmap
  const paper = figure.querySelector(".sk-paper");
  const status = figure.querySelector("[role=status]");
  const { networks, drawings } = figures.data(figure);
  const bitmap = new Uint8Array(FINE * FINE);
  let last = null; // the place of the pen while it draws

  const blocks = Array.from({ length: 64 }, (_, number) => {
    const [row, column] = [Math.floor(number / 8), number % 8];
    return Array.from({ length: 16 }, (_, i) => {
      return (4 * row + Math.floor(i / 4)) * FINE + 4 * column + (i % 4);
    });
  });
  const cells = blocks.map((_, number) => {
    const cell = document.createElement("button");
    cell.type = "button";
    cell.tabIndex = number ? -1 : 0; // one stop of the tab key; arrows go from cell to cell
    paper.append(cell);
    return cell;
  });

  /* (in) times weights (in, out), stored row by row in twentieths, plus biases. */
  function layer(values, [weights, biases]) {
    return biases.map((bias, j) => {
      const products = values.map((value, i) => value * weights[i * biases.length + j]);
      return (bias + figures.sum(products)) / 20;
    });
  }

  function logitsOf(network, ink) {
    const hidden = layer(ink, network[0]).map((sum) => Math.max(sum, 0));
    return layer(hidden, network[1]);
  }

  function update() {
    const counts = blocks.map((block) => figures.sum(block.map((place) => bitmap[place])));
    const ink = counts.map((count) => count / 16);
    cells.forEach((cell, number) => {
      const place = `row ${Math.floor(number / 8) + 1}, column ${(number % 8) + 1}`;
      cell.style.setProperty("--ink", `${100 * ink[number]}%`);
      cell.setAttribute("aria-label", `${place}, ink ${counts[number]} of 16`);
    });
    const softmax = figures.softmax(logitsOf(networks.softmax, ink));
    const sigmoid = figures.sigmoid(logitsOf(networks.sigmoid, ink));
    figures.show(figure, { softmax, sigmoid });
    const best = softmax.indexOf(Math.max(...softmax));
    const yes = sigmoid.flatMap((p, unit) => (p > 0.5 ? [unit] : []));
    const answer = yes.length
      ? `${yes.join(" and ")} above 0.5`
      : `none of these; the largest is ${figures.number(Math.max(...sigmoid))}`;
    status.textContent =
      `Softmax: ${best}, with ${figures.number(softmax[best])}. Sigmoids: ${answer}.`;
  }

  /* Fill each block with as many cells as it has ink. */
  function load(counts) {
    blocks.forEach((block, number) => {
      block.forEach((place, i) => (bitmap[place] = Number(i < counts[number])));
    });
    update();
  }

  function dot(x, y) {
    for (let place = 0; place < bitmap.length; place++) {
      const [row, column] = [Math.floor(place / FINE), place % FINE];
      if (Math.hypot(column + 0.5 - x, row + 0.5 - y) < PEN) bitmap[place] = 1;
    }
  }

  function draw(event) {
    const box = paper.getBoundingClientRect();
    const x = (FINE * (event.clientX - box.left)) / box.width;
    const y = (FINE * (event.clientY - box.top)) / box.height;
    const from = last ?? { x, y };
    const steps = Math.ceil(Math.hypot(x - from.x, y - from.y)) || 1;
    for (let i = 1; i <= steps; i++) {
      dot(from.x + ((x - from.x) * i) / steps, from.y + ((y - from.y) * i) / steps);
    }
    last = { x, y };
    update();
  }

  paper.addEventListener("pointerdown", (event) => {
    paper.setPointerCapture(event.pointerId);
    draw(event);
  });
  paper.addEventListener("pointermove", (event) => last && draw(event));
  for (const end of ["pointerup", "pointercancel"]) {
    paper.addEventListener(end, () => (last = null));
  }
  paper.addEventListener("click", (event) => {
    const number = cells.indexOf(event.target);
    if (event.detail > 0 || number < 0) return; // the pen has drawn
    const filled = blocks[number].every((place) => bitmap[place]);
    for (const place of blocks[number]) bitmap[place] = Number(!filled);
    update();
  });
  paper.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const number = cells.indexOf(event.target);
    if (!(event.key in step) || number < 0) return;
    event.preventDefault(); // do not scroll
    const inside = (place) => Math.min(Math.max(place, 0), 7);
    const row = inside(Math.floor(number / 8) + step[event.key][0]);
    const column = inside((number % 8) + step[event.key][1]);
    cells[number].tabIndex = -1;
    cells[8 * row + column].tabIndex = 0;
    cells[8 * row + column].focus();
  });
  for (const button of figure.querySelectorAll("button[data-drawing]")) {
    button.addEventListener("click", () => load(drawings[button.dataset.drawing]));
  }
  load(drawings.unclear);
});
