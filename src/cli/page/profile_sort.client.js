// Sorts the table of launches by the column whose heading is pressed: numbers largest first, pressed again the other way.
const table = document.getElementById('launches');
const heads = [...table.tHead.rows[0].cells];
const body = table.tBodies[0];
const value = (row, k) => {
  const cell = row.cells[k];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
};
for (const [k, head] of heads.entries()) {
  head.firstElementChild.addEventListener('click', () => {
    const before = head.getAttribute('aria-sort');
    const down = before === null ? head.className === 'number' && k > 0 : before === 'ascending';
    for (const h of heads) h.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const compare = (a, b) => (typeof a === 'number' ? a - b : a.localeCompare(b, 'en', { numeric: true }));
    const rows = [...body.rows].sort((a, b) => compare(value(a, k), value(b, k)) * (down ? -1 : 1));
    body.append(...rows);
  });
}
