document.querySelectorAll("table.sortable").forEach(function (table) {
  var heads = table.querySelectorAll("th[data-column]");
  heads.forEach(function (head) {
    var button = head.querySelector("[role=button]");
    button.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); button.click(); }
    });
    button.addEventListener("click", function () {
      var column = Number(head.dataset.column);
      var down = head.getAttribute("aria-sort")
        ? head.getAttribute("aria-sort") !== "descending" : column > 0;
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      var body = table.tBodies[0];
      Array.from(body.rows).sort(function (a, b) {
        var x = a.cells[column], y = b.cells[column];
        var order = x.dataset.sort === undefined
          ? x.textContent.localeCompare(y.textContent, undefined, { numeric: true })
          : x.dataset.sort - y.dataset.sort;
        return down ? -order : order;
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
});
addEventListener("beforeprint", function () {
  document.querySelectorAll("details").forEach(function (each) { each.open = true; });
});
