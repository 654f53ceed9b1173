use serde::{Deserialize, Serialize};

/// Distance between two clusters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linkage {
    /// The nearest members.
    Single,
    /// The farthest members.
    Complete,
    /// The mean over all pairs.
    Average,
    /// Growth of the variance within (Ward 1963).
    #[default]
    Ward,
}

/// Two clusters become one. Leaves are 0..n, the i-th merge makes cluster n + i.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    /// The older of the two.
    pub left: usize,
    /// The younger.
    pub right: usize,
    /// Distance between them.
    pub distance: f64,
}

/// Agglomerative clustering of `size` leaves by their distances (size x size, row by row): the nearest two clusters
/// merge, distances follow by the Lance-Williams formulas. Ties go to the first pair.
pub fn cluster(distances: &[f64], size: usize, linkage: Linkage) -> Vec<Merge> {
    let mut between: Vec<Vec<f64>> = distances.chunks(size.max(1)).map(<[f64]>::to_vec).collect();
    // Which cluster a place holds now, and of how many leaves; empty places are none.
    let mut places: Vec<Option<(usize, f64)>> = (0..size).map(|leaf| Some((leaf, 1.0))).collect();
    let mut merges = Vec::with_capacity(size.saturating_sub(1));
    while merges.len() + 1 < size {
        let mut nearest = (f64::INFINITY, 0, 0);
        for (row, line) in
            between.iter().enumerate().filter(|(row, _)| places.get(*row).copied().flatten().is_some())
        {
            for (column, distance) in line.iter().enumerate().skip(row + 1) {
                if *distance < nearest.0 && places.get(column).copied().flatten().is_some() {
                    nearest = (*distance, row, column);
                }
            }
        }
        let (distance, a, b) = nearest;
        let (Some(first), Some(second)) =
            (places.get(a).copied().flatten(), places.get(b).copied().flatten())
        else {
            break;
        };
        let updated: Vec<f64> = (0..size)
            .map(|other| {
                let to = |place: usize| {
                    between.get(place).and_then(|line| line.get(other)).copied().unwrap_or(0.0)
                };
                let leaves = places.get(other).copied().flatten().map_or(1.0, |place| place.1);
                joined(linkage, (to(a), first.1), (to(b), second.1), distance, leaves)
            })
            .collect();
        for (other, value) in updated.iter().enumerate() {
            if let Some(slot) = between.get_mut(other).and_then(|line| line.get_mut(a)) {
                *slot = *value;
            }
        }
        if let Some(line) = between.get_mut(a) {
            *line = updated;
        }
        let id = size + merges.len();
        if let Some(place) = places.get_mut(a) {
            *place = Some((id, first.1 + second.1));
        }
        if let Some(place) = places.get_mut(b) {
            *place = None;
        }
        merges.push(Merge { left: first.0.min(second.0), right: first.0.max(second.0), distance });
    }
    merges
}

/// Distance from a third cluster to two that merge, given its distance to each and their sizes.
fn joined(linkage: Linkage, a: (f64, f64), b: (f64, f64), apart: f64, other: f64) -> f64 {
    match linkage {
        Linkage::Single => a.0.min(b.0),
        Linkage::Complete => a.0.max(b.0),
        Linkage::Average => (a.0 * a.1 + b.0 * b.1) / (a.1 + b.1),
        Linkage::Ward => {
            let total = a.1 + b.1 + other;
            let squared = (a.1 + other) * a.0 * a.0 + (b.1 + other) * b.0 * b.0 - other * apart * apart;
            (squared / total).max(0.0).sqrt()
        }
    }
}
