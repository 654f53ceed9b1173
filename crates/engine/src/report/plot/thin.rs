//! Fewer points that look the same.

/// Keeps the lowest and the highest point of each of `buckets` stretches, so that no peak is lost.
pub fn extremes(points: &[(i64, f64)], buckets: usize) -> Vec<(i64, f64)> {
    if points.len() <= buckets.saturating_mul(2) || buckets == 0 {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(buckets * 2 + 2);
    kept.extend(points.first());
    for bucket in points.chunks(points.len().div_ceil(buckets)) {
        let low = bucket.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let high = bucket.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut ends: Vec<(i64, f64)> = low.into_iter().chain(high).copied().collect();
        ends.sort_by_key(|point| point.0);
        kept.extend(ends);
    }
    kept.extend(points.last());
    kept.dedup();
    kept
}

/// Positions of about `most` evenly spread items, first and last included.
pub fn spread(count: usize, most: usize) -> Vec<usize> {
    let stride = count.div_ceil(most.max(1)).max(1);
    let mut kept: Vec<usize> = (0..count).step_by(stride).collect();
    if let Some(last) = count.checked_sub(1).filter(|last| kept.last() != Some(last)) {
        kept.push(last);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_survive() {
        let points: Vec<(i64, f64)> =
            (0..10_000).map(|ts| (ts, if ts == 4_321 { -5.0 } else { (ts % 7) as f64 })).collect();
        let kept = extremes(&points, 100);
        assert!(kept.len() <= 202 && kept.contains(&(4_321, -5.0)));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
        assert!(kept.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!(extremes(&points[..50], 100), points[..50]);
    }

    #[test]
    fn ends_are_kept() {
        assert_eq!(spread(10, 3), [0, 4, 8, 9]);
        assert_eq!(spread(0, 3), Vec::<usize>::new());
        assert_eq!(spread(2, 10), [0, 1]);
    }
}
