//! Bars drawn on the server, with the same figures as a table beside them.

/// One chart: what it shows, for eyes and for a screen reader.
#[derive(Debug)]
pub struct Chart {
    pub id: String,
    pub title: String,
    pub unit: &'static str,
    /// What a screen reader says of the picture.
    pub words: String,
    pub bars: Vec<Bar>,
    /// What stands in place of a chart without bars.
    pub nothing: &'static str,
}

/// One bar with its figures.
#[derive(Debug)]
pub struct Bar {
    pub label: String,
    /// The label cut to what fits above a bar on a phone.
    pub short: String,
    /// What stands at the end of the bar: the value, perhaps with its share.
    pub figure: String,
    /// Where its label, the bar and its figure stand, from the top.
    pub label_y: usize,
    pub y: usize,
    pub figure_y: usize,
    /// In percent of the picture.
    pub width: u64,
}

/// Percent of the picture's width for the longest bar; its figure has the rest, also on a phone.
const WIDEST: u64 = 50;
const ROW: usize = 46;
const LABEL: usize = 34;

impl Chart {
    /// Bars in the order given, with a figure at the end of each.
    pub fn of(
        id: impl Into<String>,
        title: impl Into<String>,
        unit: &'static str,
        rows: Vec<(String, u64, String)>,
    ) -> Self {
        let title = title.into();
        let most = rows.iter().map(|(_, value, _)| *value).max().unwrap_or(0).max(1);
        let words = match rows.iter().max_by_key(|(_, value, _)| *value) {
            Some((label, _, figure)) => format!("{title}: {} bars, the longest is {label} with {figure}", rows.len()),
            None => format!("{title}: nothing yet"),
        };
        let bars = rows.into_iter().enumerate().map(|(at, (label, value, figure))| Bar {
            short: cut(&label),
            label,
            figure,
            label_y: at * ROW + 16,
            y: at * ROW + 22,
            figure_y: at * ROW + 35,
            width: value * WIDEST / most,
        });
        Self { id: id.into(), title, unit, words, bars: bars.collect(), nothing: "Nothing yet." }
    }

    pub fn height(&self) -> usize {
        self.bars.len() * ROW + 8
    }
}

fn cut(label: &str) -> String {
    if label.chars().count() <= LABEL {
        return label.to_owned();
    }
    let kept: String = label.chars().take(LABEL - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_its_room_and_long_words_are_cut() {
        let rows = vec![("Monday".to_owned(), 4, "4".to_owned()), ("x".repeat(40), 1, "1".to_owned())];
        let chart = Chart::of("q1", "Which day?", "Answers", rows);
        assert_eq!(chart.bars.iter().map(|bar| bar.width).collect::<Vec<_>>(), [50, 12]);
        assert_eq!(chart.bars[1].short.chars().count(), LABEL);
        assert_eq!(chart.words, "Which day?: 2 bars, the longest is Monday with 4");
        assert_eq!(Chart::of("q", "Nobody", "Answers", Vec::new()).words, "Nobody: nothing yet");
    }
}
