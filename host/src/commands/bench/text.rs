//! How texts are compared, and whether confidences keep what they promise.

/// Bins of [`calibration_error`].
const BINS: usize = 15;

/// What is compared: A-Z and 0-9. Characters of other scripts (a Chinese province) count neither for nor against.
pub(super) fn compared(text: &str) -> String {
    text.chars()
        .map(|c| c.to_ascii_uppercase())
        .filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        .collect()
}

/// The text with O taken for 0 and I for 1: many plates draw them alike, and only their format tells them apart.
pub(super) fn merged(text: &str) -> String {
    let same = |c| match c {
        'O' => '0',
        'I' => '1',
        other => other,
    };
    text.chars().map(same).collect()
}

/// Expected calibration error (Guo et al. 2017, "On calibration of modern neural networks", equation 3): the difference
/// between confidence and share of right answers, in bins of equal width, weighted by how many answers a bin has. 0 to 1;
/// 0 for no answers.
pub(super) fn calibration_error(answers: &[(f32, bool)]) -> f64 {
    let mut bins = [(0_usize, 0.0_f64, 0_usize); BINS];
    for (confidence, right) in answers {
        let confidence = confidence.clamp(0.0, 1.0);
        let index = ((confidence * BINS as f32) as usize).min(BINS - 1);
        if let Some((count, sum, hits)) = bins.get_mut(index) {
            *count += 1;
            *sum += f64::from(confidence);
            *hits += usize::from(*right);
        }
    }
    let gap = |(_, sum, hits): &(usize, f64, usize)| (sum - *hits as f64).abs();
    bins.iter().map(gap).sum::<f64>() / answers.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_capitals_and_digits_are_compared_and_look_alikes_may_be_taken_for_the_same() {
        assert_eq!(compared("沪C·21f-13"), "C21F13");
        assert_eq!(merged("IO10QB8"), "1010QB8");
    }

    #[test]
    fn calibration_error_of_answers_worked_out_by_hand() {
        let is = |answers: &[(f32, bool)], error: f64| (calibration_error(answers) - error).abs() < 1e-6;
        assert!(is(&[], 0.0));
        assert!(is(&[(1.0, true), (0.0, false)], 0.0));
        // Half right at a confidence of 0.5: nothing to complain of.
        assert!(is(&[(0.5, true), (0.5, false)], 0.0));
        // Nine tenths sure and half right, in one bin; sure and wrong in another: (2 * 0.4 + 1) / 3.
        assert!(is(&[(0.9, true), (0.9, false), (1.0, false)], 1.8 / 3.0));
        // Within a bin, too much and too little cancel out; across bins they do not.
        assert!(is(&[(0.70, true), (0.71, false)], 0.205));
        assert!(is(&[(0.2, true), (0.8, false)], 0.8));
        assert!(is(&[(7.0, true), (f32::INFINITY, true)], 0.0));
    }
}
