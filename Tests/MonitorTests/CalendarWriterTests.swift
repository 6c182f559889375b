import Testing

@testable import Monitor

@Suite struct CalendarWriterTests {
    private func text(_ write: (inout CalendarWriter) -> Void) -> String {
        var calendar = CalendarWriter()
        write(&calendar)
        return String(decoding: calendar.bytes, as: UTF8.self)
    }

    @Test func `what is not seen is written out in a text`() {
        let name = "a\u{202e}b\u{e0041}\u{61c}c\u{1b}\nd;\\"
        #expect(
            text { $0.text("SUMMARY", name) }
                == #"SUMMARY:a\\u{202e}b\\u{e0041}\\u{61c}c\\u{1b}\nd\;\\"# + "\r\n"
        )
    }

    @Test func `what is not seen has no place in an address`() {
        #expect(text { $0.line("URL", "https://a/\u{202e}\r\nX:1") } == "URL:https://a/X:1\r\n")
    }
}
