//! The accent colour of a site, in a shade that can be read in the light scheme and one in the dark.
//!
//! No colour has a contrast of 4.5:1 on both a white and a black ground by more than a hair, and a team's colour is made for
//! neither. So the colour is taken as a hue: it is mixed with black, or with white, by as little as makes it readable on every
//! ground that accented text stands on. A colour that is readable already stays as it is.
//! Contrast is that of WCAG 2.2: <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>.

use super::ThemeError;

/// The contrast of text: WCAG's level AA.
const READABLE: f64 = 4.5;

/// Grounds of `assets/style.css` that accented text stands on: `--ground`, `--surface`, `--sunken`.
const LIGHT: [Rgb; 3] = [Rgb([0xfa, 0xfa, 0xf8]), Rgb([0xff, 0xff, 0xff]), Rgb([0xf1, 0xf2, 0xef])];
const DARK: [Rgb; 3] = [Rgb([0x13, 0x17, 0x1a]), Rgb([0x1a, 0x1f, 0x23]), Rgb([0x0f, 0x13, 0x15])];

const BLACK: Rgb = Rgb([0; 3]);
const WHITE: Rgb = Rgb([255; 3]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rgb([u8; 3]);

impl Rgb {
    /// This colour with a share of another, of 100.
    fn mixed(self, other: Self, share: u16) -> Self {
        let mix = |n: usize| {
            let (one, two) = (u16::from(self.0[n]), u16::from(other.0[n]));
            u8::try_from((one * (100 - share) + two * share + 50) / 100).unwrap_or(u8::MAX)
        };
        Self([mix(0), mix(1), mix(2)])
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A colour for links and marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent(Rgb);

/// The colour in one scheme: of text, and of a ground for it.
struct Shades {
    text: Rgb,
    ground: Rgb,
}

impl Accent {
    /// Reads `#0b6e4f` or `#0b6`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let wrong = || {
            ThemeError::new(
                format!("`{text}` is not a colour in hex"),
                "give a number sign and six digits, for instance accent = \"#0b6e4f\"",
            )
        };
        let digits = text.strip_prefix('#').ok_or_else(wrong)?;
        let digits: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
        let digits: Vec<u8> =
            digits.ok_or_else(wrong)?.into_iter().filter_map(|digit| u8::try_from(digit).ok()).collect();
        match digits[..] {
            [r, g, b] => Ok(Self(Rgb([r * 17, g * 17, b * 17]))),
            [r, r2, g, g2, b, b2] => Ok(Self(Rgb([r * 16 + r2, g * 16 + g2, b * 16 + b2]))),
            _ => Err(wrong()),
        }
    }

    /// The nearest shade towards `end` that can be read on every ground, the tinted one among them.
    fn shades(self, grounds: [Rgb; 3], end: Rgb, tint: u16) -> Shades {
        let ground = grounds[1].mixed(self.0, tint);
        let readable = |text: &Rgb| grounds.iter().chain([&ground]).all(|ground| text.contrast(*ground) >= READABLE);
        let text = (0..=100).map(|share| self.0.mixed(end, share)).find(readable).unwrap_or(end);
        Shades { text, ground }
    }

    fn light(self) -> Shades {
        self.shades(LIGHT, BLACK, 12)
    }

    fn dark(self) -> Shades {
        self.shades(DARK, WHITE, 18)
    }

    /// The style sheet that puts it in place of the one in `assets/style.css`.
    pub(super) fn css(self) -> String {
        let (light, dark) = (self.light(), self.dark());
        let both = |light: Rgb, dark: Rgb| format!("light-dark({}, {})", light.hex(), dark.hex());
        format!(
            "/* Made from the setting site.accent = \"{}\": its shades that can be read, contrast 4.5:1 or more. */\n\
             :root {{ --accent: {}; --accent-ground: {}; }}\n@media print {{ :root {{ --accent: #000; }} }}\n",
            self.0.hex(),
            both(light.text, dark.text),
            both(light.ground, dark.ground)
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_colour_is_read_or_refused() {
        assert_eq!(Accent::parse("#0b6e4f").unwrap().0.hex(), "#0b6e4f");
        assert_eq!(Accent::parse("#0B6").unwrap().0.hex(), "#00bb66");
        for wrong in ["", "#", "teal", "0b6e4f", "#0b6e4", "#0b6e4g", "#0b6e4f80", "#٠٠٠", "#fff;}"] {
            assert!(Accent::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_readable_colour_stays_as_it_is_where_it_is_readable() {
        let green = Accent::parse("#0b6e4f").unwrap();
        assert_eq!(green.light().text.hex(), "#0b6e4f");
        assert_ne!(green.dark().text.hex(), "#0b6e4f");
        assert!(green.css().contains(":root { --accent: light-dark(#0b6e4f, "));
    }

    /// The colours of the style sheet by name, light and dark.
    fn variables(css: &str) -> Vec<(String, [Rgb; 2])> {
        let lines = css
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(");")?.split_once(": light-dark("));
        let colour = |text: &str| Accent::parse(text).ok().map(|accent| accent.0);
        let both = |value: &str| {
            let (light, dark) = value.split_once(", ")?;
            Some([colour(light)?, colour(dark)?])
        };
        lines.filter_map(|(name, value)| Some((name.to_owned(), both(value)?))).collect()
    }

    #[test]
    fn the_style_sheet_has_these_grounds_and_text_that_can_be_read_on_them() {
        let all = variables(include_str!("../../../templates/assets/style.css"));
        for (scheme, grounds) in [(0, LIGHT), (1, DARK)] {
            let colours: Vec<_> = all.iter().map(|(name, both)| (name, both[scheme])).collect();
            let named = |name: &str| colours.iter().find(|(known, _)| *known == name).unwrap().1;
            assert_eq!([named("ground"), named("surface"), named("sunken")], grounds);
            let texts: Vec<_> = colours
                .iter()
                .filter(|(name, _)| name.starts_with("t-") || ["text", "muted", "accent"].contains(&name.as_str()))
                .collect();
            assert!(texts.len() >= 9, "{texts:?}");
            for (name, colour) in texts {
                for ground in grounds {
                    assert!(colour.contrast(ground) >= READABLE, "{name} on {}", ground.hex());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_colour_becomes_readable(red: u8, green: u8, blue: u8) {
            let accent = Accent(Rgb([red, green, blue]));
            for (shades, grounds) in [(accent.light(), LIGHT), (accent.dark(), DARK)] {
                for ground in grounds.into_iter().chain([shades.ground]) {
                    prop_assert!(shades.text.contrast(ground) >= READABLE, "{:?} on {:?}", shades.text, ground);
                }
            }
        }
    }
}
