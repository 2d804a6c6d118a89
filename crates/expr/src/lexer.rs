//! Source text into words, one at a time, so that the first mistake is the one reported.

use crate::error::Error;
use crate::token::{Kind, Token};
use crate::unescape;

const WORD_OPERATORS: [&str; 10] =
    ["in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"];

pub(crate) struct Lexer {
    source: Vec<char>,
    start: usize,
    end: usize,
}

pub(crate) fn is_word(c: char) -> bool {
    starts_word(c) || c.is_numeric()
}

pub(crate) fn starts_word(c: char) -> bool {
    c == '_' || c == '$' || c.is_alphabetic()
}

impl Lexer {
    pub(crate) fn new(source: &str) -> Self {
        Self { source: source.chars().collect(), start: 0, end: 0 }
    }

    fn peek(&self) -> Option<char> {
        self.source.get(self.end).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        if c.is_some() {
            self.end += 1;
        }
        c
    }

    fn accept(&mut self, valid: &str) -> bool {
        let yes = self.peek().is_some_and(|c| valid.contains(c));
        if yes {
            self.end += 1;
        }
        yes
    }

    fn accept_while(&mut self, valid: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&valid) {
            self.end += 1;
        }
    }

    fn word(&self) -> String {
        self.source.get(self.start..self.end).unwrap_or_default().iter().collect()
    }

    fn token(&self, kind: Kind) -> Token {
        Token { kind, value: self.word(), at: self.start }
    }

    /// An error at the character that was read last.
    fn error(&self, message: impl Into<String>) -> Error {
        let at = if self.peek().is_none() { self.end } else { self.end.saturating_sub(1) };
        Error::compile(at, message)
    }

    /// The next word; after the last one, `End` for ever.
    pub(crate) fn next_token(&mut self) -> Result<Token, Error> {
        self.skip_blanks()?;
        self.start = self.end;
        let Some(c) = self.next() else {
            return Ok(Token { kind: Kind::End, value: String::new(), at: self.end.saturating_sub(1) });
        };
        match c {
            '\'' | '"' => self.text(c),
            '`' => self.raw_text(),
            'b' | 'B' if matches!(self.peek(), Some('\'' | '"')) => {
                let quote = self.next().unwrap_or('"');
                self.text(quote).map(|t| Token { kind: Kind::Bytes, ..t })
            }
            '0'..='9' => self.number(),
            '.' if self.peek().is_some_and(|c| c.is_ascii_digit()) => self.number(),
            '(' | '[' | '{' | ')' | ']' | '}' => Ok(self.token(Kind::Bracket)),
            c if starts_word(c) || c.is_numeric() => Ok(self.identifier()),
            c => self.operator(c),
        }
    }

    fn skip_blanks(&mut self) -> Result<(), Error> {
        loop {
            self.accept_while(char::is_whitespace);
            match (self.peek(), self.source.get(self.end + 1)) {
                (Some('/'), Some('/')) => self.accept_while(|c| c != '\n'),
                (Some('/'), Some('*')) => self.skip_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn skip_comment(&mut self) -> Result<(), Error> {
        self.end += 2;
        loop {
            match self.next() {
                None => return Err(self.error("unclosed comment")),
                Some('*') if self.accept("/") => return Ok(()),
                Some(_) => {}
            }
        }
    }

    fn operator(&mut self, first: char) -> Result<Token, Error> {
        match first {
            '?' => drop(self.accept(".?")),
            '|' => drop(self.accept("|")),
            ':' => drop(self.accept(":")),
            '.' => drop(self.accept(".")),
            '#' => drop(self.accept("#")),
            '&' | '!' | '=' | '*' | '<' | '>' => drop(self.accept("&=*")),
            ',' | ';' | '%' | '+' | '-' | '^' | '/' => {}
            c => return Err(self.error(format!("unrecognized character: U+{:04X} '{c}'", c as u32))),
        }
        Ok(self.token(Kind::Operator))
    }

    fn identifier(&mut self) -> Token {
        self.accept_while(is_word);
        let word = self.word();
        let operator = word == "not" || WORD_OPERATORS.contains(&word.as_str());
        self.token(if operator { Kind::Operator } else { Kind::Identifier })
    }

    fn number(&mut self) -> Result<Token, Error> {
        self.end = self.start;
        let mut digits = "0123456789_";
        if self.accept("0") {
            if self.accept("xX") {
                digits = "0123456789abcdefABCDEF_";
            } else if self.accept("oO") {
                digits = "01234567_";
            } else if self.accept("bB") {
                digits = "01_";
            }
        }
        self.accept_while(|c| digits.contains(c));
        // `1..2` is a range, not the float `1.` and a dot.
        if self.peek() == Some('.') && self.source.get(self.end + 1) == Some(&'.') {
            return Ok(self.token(Kind::Number));
        }
        if self.accept(".") {
            self.accept_while(|c| digits.contains(c));
        }
        if self.accept("eE") {
            self.accept("+-");
            self.accept_while(|c| digits.contains(c));
        }
        if self.peek().is_some_and(is_word) {
            self.end += 1;
            return Err(self.error(format!("bad number syntax: {}", crate::go_text::quoted(&self.word()))));
        }
        Ok(self.token(Kind::Number))
    }

    fn text(&mut self, quote: char) -> Result<Token, Error> {
        let mut value = String::new();
        loop {
            match self.next() {
                None | Some('\n') => return Err(self.error("literal not terminated")),
                Some(c) if c == quote => break,
                Some('\\') => {
                    let rest = self.source.get(self.end..).unwrap_or_default();
                    let (c, length) =
                        unescape::escape(rest).ok_or_else(|| self.error("invalid char escape"))?;
                    value.push(c);
                    self.end += length;
                }
                Some(c) => value.push(c),
            }
        }
        Ok(Token { kind: Kind::Text, value, at: self.start })
    }

    /// Back-ticks: no escapes, and a doubled back-tick is one.
    fn raw_text(&mut self) -> Result<Token, Error> {
        let mut value = String::new();
        loop {
            match self.next() {
                None => return Err(self.error("literal not terminated")),
                Some('`') if self.accept("`") => value.push('`'),
                Some('`') => break,
                Some(c) => value.push(c),
            }
        }
        Ok(Token { kind: Kind::Text, value, at: self.start })
    }
}
