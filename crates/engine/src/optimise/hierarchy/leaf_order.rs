use super::Merge;

/// Leaves of the tree from left to right, as it was built.
pub fn as_built(merges: &[Merge], size: usize) -> Vec<usize> {
    leaves_of(merges, size).pop().unwrap_or_default()
}

/// The order in which the distances between neighbours sum to least, as SciPy finds it: every cluster turns its two
/// children for its own shortest layout and leaves what lies below them as it was found before. Without the
/// backtracking of [`shortest`] the whole is often a little longer; it is what published weights rest on.
pub fn turned(merges: &[Merge], distances: &[f64], size: usize) -> Vec<usize> {
    let leaves = leaves_of(merges, size);
    let tree = Tree::new(merges, &leaves, distances, size);
    let mut orders: Vec<Vec<usize>> = (0..size).map(|leaf| vec![leaf]).collect();
    for merge in merges {
        let (first, last) = tree.best_ends(merge);
        let mut order = orders.get(merge.left).cloned().unwrap_or_default();
        if tree.child(merge.left).is_some_and(|child| tree.members(child.right).contains(&first)) {
            order.reverse();
        }
        let mut rest = orders.get(merge.right).cloned().unwrap_or_default();
        if tree.child(merge.right).is_some_and(|child| tree.members(child.left).contains(&last)) {
            rest.reverse();
        }
        order.extend(rest);
        orders.push(order);
    }
    orders.pop().unwrap_or_default()
}

/// The order, among all that the tree allows, in which the distances between neighbours sum to least (Bar-Joseph,
/// Gifford, Jaakkola 2001; cubic in the leaves). The root's older child stays on the left.
pub fn shortest(merges: &[Merge], distances: &[f64], size: usize) -> Vec<usize> {
    let leaves = leaves_of(merges, size);
    let tree = Tree::new(merges, &leaves, distances, size);
    let Some(root) = merges.last() else {
        return (0..size).collect();
    };
    let (first, last) = tree.best_ends(root);
    let mut order = Vec::with_capacity(size);
    tree.lay_out(size + merges.len() - 1, first, last, &mut order);
    order
}

/// Leaves of every cluster, in the order of their ids.
fn leaves_of(merges: &[Merge], size: usize) -> Vec<Vec<usize>> {
    let mut leaves: Vec<Vec<usize>> = (0..size).map(|leaf| vec![leaf]).collect();
    for merge in merges {
        let both = [merge.left, merge.right].into_iter().filter_map(|id| leaves.get(id));
        leaves.push(both.flatten().copied().collect());
    }
    leaves
}

struct Tree<'a> {
    merges: &'a [Merge],
    leaves: &'a [Vec<usize>],
    distances: &'a [f64],
    size: usize,
    /// Least length of the smallest cluster that holds both leaves, laid out between them; symmetric.
    best: Vec<f64>,
}

impl<'a> Tree<'a> {
    fn new(merges: &'a [Merge], leaves: &'a [Vec<usize>], distances: &'a [f64], size: usize) -> Self {
        let mut tree = Self { merges, leaves, distances, size, best: vec![0.0; size * size] };
        for merge in merges {
            tree.combine(merge);
        }
        tree
    }

    /// The merge that made a cluster; none for a leaf.
    fn child(&self, id: usize) -> Option<&Merge> {
        id.checked_sub(self.size).and_then(|index| self.merges.get(index))
    }

    /// First and last leaf of a cluster's shortest layout with its older child on the left.
    fn best_ends(&self, merge: &Merge) -> (usize, usize) {
        let mut ends = (f64::INFINITY, 0, 0);
        for first in self.members(merge.left) {
            for last in self.members(merge.right) {
                let length = self.best(*first, *last);
                if length < ends.0 {
                    ends = (length, *first, *last);
                }
            }
        }
        (ends.1, ends.2)
    }

    fn members(&self, id: usize) -> &[usize] {
        self.leaves.get(id).map_or(&[], Vec::as_slice)
    }

    fn best(&self, a: usize, b: usize) -> f64 {
        self.best.get(a * self.size + b).copied().unwrap_or(0.0)
    }

    fn apart(&self, a: usize, b: usize) -> f64 {
        self.distances.get(a * self.size + b).copied().unwrap_or(0.0)
    }

    /// Leaves at which a cluster may end when it begins at `outer`: those of the child that does not hold it.
    fn inner_ends(&self, id: usize, outer: usize) -> &[usize] {
        match self.child(id) {
            None => self.members(id),
            Some(merge) if self.members(merge.left).contains(&outer) => self.members(merge.right),
            Some(merge) => self.members(merge.left),
        }
    }

    fn combine(&mut self, merge: &Merge) {
        let mut found = Vec::new();
        for outer in self.members(merge.left) {
            // Shortest way from `outer` through the left child to each leaf of the right one.
            let ends = self.inner_ends(merge.left, *outer);
            let reach: Vec<(usize, f64)> = self
                .members(merge.right)
                .iter()
                .map(|next| {
                    let ways = ends.iter().map(|end| self.best(*outer, *end) + self.apart(*end, *next));
                    (*next, ways.fold(f64::INFINITY, f64::min))
                })
                .collect();
            for last in self.members(merge.right) {
                let starts = self.inner_ends(merge.right, *last);
                let ways = reach.iter().filter(|(next, _)| starts.contains(next));
                let least =
                    ways.map(|(next, way)| way + self.best(*next, *last)).fold(f64::INFINITY, f64::min);
                found.push((*outer, *last, least));
            }
        }
        for (a, b, length) in found {
            for place in [a * self.size + b, b * self.size + a] {
                if let Some(slot) = self.best.get_mut(place) {
                    *slot = length;
                }
            }
        }
    }

    /// Appends the leaves of cluster `id` from `first` to `last`.
    fn lay_out(&self, id: usize, first: usize, last: usize, order: &mut Vec<usize>) {
        let Some(merge) = self.child(id) else {
            order.push(id);
            return;
        };
        let (left, right) = if self.members(merge.left).contains(&first) {
            (merge.left, merge.right)
        } else {
            (merge.right, merge.left)
        };
        let mut inner = (f64::INFINITY, first, last);
        for end in self.inner_ends(left, first) {
            for start in self.inner_ends(right, last) {
                let length = self.best(first, *end) + self.apart(*end, *start) + self.best(*start, last);
                if length < inner.0 {
                    inner = (length, *end, *start);
                }
            }
        }
        self.lay_out(left, first, inner.1, order);
        self.lay_out(right, inner.2, last, order);
    }
}
