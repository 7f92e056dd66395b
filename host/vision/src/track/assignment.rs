//! The linear assignment problem on small, sparse, rectangular matrices.
//!
//! Each connected group of rows and columns is solved by itself with shortest augmenting paths (Jonker and Volgenant 1987,
//! in the rectangular form of Crouse 2016, "On implementing 2D rectangular assignment algorithms"). Boxes on a picture
//! overlap few others, so the groups are tiny however many boxes there are.

/// A row and a column that may be paired, and what the pair is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Row.
    pub row: usize,
    /// Column.
    pub column: usize,
    /// Finite and above 0; other edges are passed over.
    pub worth: f64,
}

/// The pairs (row, column), sorted by row, whose worths add up to the most; no row and no column is used twice.
///
/// `rows` and `columns` are the sizes of the matrix; an edge outside is passed over, and of two edges with the same
/// place the last counts. This is the assignment with a cost limit of the authors' code: `worth = limit - cost`.
pub fn best_pairs(rows: usize, columns: usize, edges: &[Edge]) -> Vec<(usize, usize)> {
    let usable =
        |edge: &&Edge| edge.row < rows && edge.column < columns && edge.worth.is_finite() && edge.worth > 0.0;
    let mut groups = Groups::new(rows + columns);
    for edge in edges.iter().filter(usable) {
        groups.join(edge.row, rows + edge.column);
    }
    let mut by_group: Vec<(usize, Edge)> =
        edges.iter().filter(usable).map(|edge| (groups.root(edge.row), *edge)).collect();
    by_group.sort_by_key(|(group, edge)| (*group, edge.row, edge.column));
    let mut pairs = Vec::with_capacity(rows.min(columns));
    for group in by_group.chunk_by(|a, b| a.0 == b.0) {
        match group {
            [(_, only)] => pairs.push((only.row, only.column)),
            several => solve_group(several, &mut pairs),
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Disjoint sets with path halving.
struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    fn new(count: usize) -> Self {
        Self { parent: (0..count).collect() }
    }

    fn parent(&self, node: usize) -> usize {
        self.parent.get(node).copied().unwrap_or(node)
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.parent(node) != node {
            let above = self.parent(self.parent(node));
            if let Some(slot) = self.parent.get_mut(node) {
                *slot = above;
            }
            node = above;
        }
        node
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.parent.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}

/// Solves one connected group and appends its pairs.
fn solve_group(edges: &[(usize, Edge)], pairs: &mut Vec<(usize, usize)>) {
    let mut rows: Vec<usize> = edges.iter().map(|(_, edge)| edge.row).collect();
    rows.dedup();
    let mut columns: Vec<usize> = edges.iter().map(|(_, edge)| edge.column).collect();
    columns.sort_unstable();
    columns.dedup();
    // The solver wants no more rows than columns.
    let turned = rows.len() > columns.len();
    let (short, long) = if turned { (&columns, &rows) } else { (&rows, &columns) };
    let mut worth = Matrix::new(short.len(), long.len());
    for (_, edge) in edges {
        let (from, to) = if turned { (edge.column, edge.row) } else { (edge.row, edge.column) };
        if let (Ok(i), Ok(j)) = (short.binary_search(&from), long.binary_search(&to)) {
            worth.set(i, j, edge.worth);
        }
    }
    for (i, j) in shortest_augmenting_paths(&worth).into_iter().enumerate() {
        let (Some(j), Some(&from)) = (j, short.get(i)) else {
            continue;
        };
        let Some(&to) = long.get(j) else { continue };
        // A pair of no worth only fills the matrix: there is no edge.
        if worth.get(i, j) > 0.0 {
            pairs.push(if turned { (to, from) } else { (from, to) });
        }
    }
}

struct Matrix {
    columns: usize,
    cells: Vec<f64>,
}

impl Matrix {
    fn new(rows: usize, columns: usize) -> Self {
        Self { columns, cells: vec![0.0; rows * columns] }
    }

    fn rows(&self) -> usize {
        self.cells.len() / self.columns.max(1)
    }

    fn row(&self, row: usize) -> &[f64] {
        self.cells.get(row * self.columns..(row + 1) * self.columns).unwrap_or_default()
    }

    fn get(&self, row: usize, column: usize) -> f64 {
        self.row(row).get(column).copied().unwrap_or(0.0)
    }

    fn set(&mut self, row: usize, column: usize, worth: f64) {
        if let Some(cell) = self.cells.get_mut(row * self.columns + column) {
            *cell = worth;
        }
    }
}

/// For each row the column of the assignment with the least sum of `-worth`; needs at most as many rows as columns.
fn shortest_augmenting_paths(worth: &Matrix) -> Vec<Option<usize>> {
    let mut solver = Solver::new(worth);
    for row in 0..worth.rows() {
        if let Some(end) = solver.shortest_path(row) {
            solver.augment(row, end);
        }
    }
    solver.column_of_row
}

/// Crouse's notation: `u`, `v` are the dual variables of rows and columns.
struct Solver<'a> {
    worth: &'a Matrix,
    u: Vec<f64>,
    v: Vec<f64>,
    path: Vec<usize>,
    column_of_row: Vec<Option<usize>>,
    row_of_column: Vec<Option<usize>>,
    shortest: Vec<f64>,
    reached_rows: Vec<usize>,
    reached_columns: Vec<bool>,
}

#[expect(
    clippy::indexing_slicing,
    reason = "rows and columns index vectors of exactly that length; a checked access would hide the algorithm"
)]
impl<'a> Solver<'a> {
    fn new(worth: &'a Matrix) -> Self {
        let (rows, columns) = (worth.rows(), worth.columns);
        Self {
            worth,
            u: vec![0.0; rows],
            v: vec![0.0; columns],
            path: vec![0; columns],
            column_of_row: vec![None; rows],
            row_of_column: vec![None; columns],
            shortest: vec![0.0; columns],
            reached_rows: Vec::with_capacity(rows),
            reached_columns: vec![false; columns],
        }
    }

    /// The unassigned column nearest to `start` by reduced costs; the dual variables follow.
    fn shortest_path(&mut self, start: usize) -> Option<usize> {
        self.shortest.fill(f64::INFINITY);
        self.reached_columns.fill(false);
        self.reached_rows.clear();
        let (mut row, mut least) = (start, 0.0);
        let end = loop {
            self.reached_rows.push(row);
            let mut nearest: Option<usize> = None;
            let mut nearest_length = f64::INFINITY;
            for (column, &worth) in self.worth.row(row).iter().enumerate() {
                if self.reached_columns[column] {
                    continue;
                }
                let length = least - worth - self.u[row] - self.v[column];
                if length < self.shortest[column] {
                    self.shortest[column] = length;
                    self.path[column] = row;
                }
                // Among equals a free column ends the search soonest.
                let free = self.row_of_column[column].is_none();
                let here = self.shortest[column];
                if here < nearest_length || (free && here <= nearest_length && nearest.is_some()) {
                    nearest_length = here;
                    nearest = Some(column);
                }
            }
            let column = nearest?;
            least = nearest_length;
            self.reached_columns[column] = true;
            match self.row_of_column[column] {
                Some(taken_by) => row = taken_by,
                None => break column,
            }
        };
        self.u[start] += least;
        for &reached in self.reached_rows.iter().skip(1) {
            if let Some(column) = self.column_of_row[reached] {
                self.u[reached] += least - self.shortest[column];
            }
        }
        for (column, reached) in self.reached_columns.iter().enumerate() {
            if *reached {
                self.v[column] -= least - self.shortest[column];
            }
        }
        Some(end)
    }

    /// Flips the pairs along the path that leads from `start` to `end`.
    fn augment(&mut self, start: usize, end: usize) {
        let mut column = end;
        loop {
            let row = self.path[column];
            self.row_of_column[column] = Some(row);
            let before = self.column_of_row[row].replace(column);
            match before {
                Some(next) if row != start => column = next,
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use proptest::prelude::*;

    fn total(pairs: &[(usize, usize)], edges: &[Edge]) -> f64 {
        let worth = |pair: &(usize, usize)| {
            let edge = edges.iter().rfind(|e| (e.row, e.column) == *pair);
            edge.map_or(f64::NAN, |e| e.worth)
        };
        pairs.iter().map(worth).sum()
    }

    /// Tries every assignment.
    fn best_by_force(mut rows: Range<usize>, used: &mut Vec<usize>, edges: &[Edge]) -> f64 {
        let Some(row) = rows.next() else { return 0.0 };
        let mut best = best_by_force(rows.clone(), used, edges);
        for edge in edges.iter().filter(|e| e.row == row) {
            if !used.contains(&edge.column) {
                used.push(edge.column);
                best = best.max(edge.worth + best_by_force(rows.clone(), used, edges));
                used.pop();
            }
        }
        best
    }

    #[test]
    fn greed_does_not_pay() {
        let edge = |row, column, worth| Edge { row, column, worth };
        let edges = [edge(0, 0, 0.9), edge(0, 1, 0.8), edge(1, 0, 0.7)];
        assert_eq!(best_pairs(2, 2, &edges), vec![(0, 1), (1, 0)]);
    }

    #[test]
    fn nothing_gives_nothing_and_bad_edges_are_passed_over() {
        let edge = |row, column, worth| Edge { row, column, worth };
        assert!(best_pairs(0, 0, &[]).is_empty());
        let bad = [edge(0, 0, f64::NAN), edge(0, 5, 1.0), edge(7, 0, 1.0), edge(0, 0, 0.0), edge(0, 0, -1.0)];
        assert!(best_pairs(1, 1, &bad).is_empty());
    }

    proptest! {
        #[test]
        fn no_other_assignment_is_worth_more(
            rows in 1_usize..6,
            columns in 1_usize..6,
            cells in prop::collection::vec(prop::option::weighted(0.7, 1_u32..100), 36),
        ) {
            let mut edges = Vec::new();
            for row in 0..rows {
                for column in 0..columns {
                    if let Some(worth) = cells[row * 6 + column] {
                        edges.push(Edge { row, column, worth: f64::from(worth) / 100.0 });
                    }
                }
            }
            let pairs = best_pairs(rows, columns, &edges);
            let best = best_by_force(0..rows, &mut Vec::new(), &edges);
            prop_assert!((total(&pairs, &edges) - best).abs() < 1e-9, "{pairs:?} of {edges:?}, best {best}");
            for (i, a) in pairs.iter().enumerate() {
                for b in pairs.iter().skip(i + 1) {
                    prop_assert!(a.0 != b.0 && a.1 != b.1);
                }
            }
        }
    }
}
