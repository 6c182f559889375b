import Alerting
import Foundation
import Testing

/// Texts from elsewhere, as they are shown.
@Suite struct ShownTextTests {
    @Test(
        arguments: [
            "\u{0}", "\u{1b}", "\u{7f}", "\u{85}", "\u{9b}", "\u{61c}", "\u{200b}", "\u{200e}",
            "\u{200f}", "\u{2028}", "\u{2029}", "\u{202a}", "\u{202e}", "\u{2060}", "\u{2066}",
            "\u{2069}", "\u{206f}", "\u{feff}", "\u{fffb}", "\u{e0000}", "\u{e0041}", "\u{e007f}",
        ] as [Unicode.Scalar]
    ) func `what is not seen is written out`(scalar: Unicode.Scalar) {
        let text = "a\(scalar)b"
        let code = String(scalar.value, radix: 16)
        #expect(text.escapedForTerminal == "a\\u{\(code)}b")
        #expect(text.escapedForTerminal(maximumBytes: 100) == "a\\u{\(code)}b")
    }

    @Test(
        arguments: [
            " ", "~", "\u{a0}", "é", "؛", "\u{61b}", "\u{61d}", "ع", "\u{200c}", "\u{200d}", "—",
            "\u{2027}", "\u{202f}", "\u{2070}", "\u{fefe}", "中", "😀", "\u{dffff}", "\u{e0080}",
        ] as [Unicode.Scalar]
    ) func `what is seen stays`(scalar: Unicode.Scalar) {
        #expect("a\(scalar)b".escapedForTerminal == "a\(scalar)b")
    }

    @Test func `a text that has just room is whole, and one byte more is cut`() {
        #expect("abcdef".escapedForTerminal(maximumBytes: 6) == "abcdef")
        #expect("abcdefg".escapedForTerminal(maximumBytes: 6) == "abc…")
    }

    @Test func `JSON names what is not seen by its number, and means the same`() throws {
        let text = "x\u{85}\u{61c}\u{202e}é中\u{feff}\u{e0041}😀\u{7f}\u{1b}\"\\\n\r\t"
        var json = JSONWriter()
        json.value([text])
        #expect(
            json.text
                == #"["x\u0085\u061c\u202eé中\ufeff\udb40\udc41😀\u007f\u001b\"\\\n\r\t"]"#
        )
        let read = try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String]
        #expect(read == [text])
    }

    @Test func `JSON of any text is read back as it was`() throws {
        var random = SplitMix64(state: 11)
        let leads: [ClosedRange<UInt32>] = [
            0...0x7f, 0x80...0xff, 0x600...0x63f, 0x2000...0x20ff, 0xfe00...0xffff,
            0xe0000...0xe00ff, 0x1f600...0x1f6ff,
        ]
        for round in 0..<500 {
            var text = ""
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let range = leads.randomElement(using: &random) ?? 0...0x7f
                if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) {
                    text.unicodeScalars.append(scalar)
                }
            }
            var json = JSONWriter()
            json.value([text])
            let read = try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String]
            #expect(read?.first.map { Array($0.utf8) } == Array(text.utf8), "round \(round)")
            #expect(!json.text.unicodeScalars.contains { $0.isUnsafeToShow })
        }
    }

    @Test func `a text at its bound stays, and one more byte is cut at a character's end`() {
        #expect("abcdef".cut(toBytes: 6) == "abcdef")
        #expect("abcdefg".cut(toBytes: 6) == "abc…")
        // Three bytes each: two of them and the mark.
        #expect("中中中中".cut(toBytes: 11) == "中中…")
        #expect("中中中中".cut(toBytes: 12) == "中中中中")
        // A letter with its accent is one character.
        #expect("ae\u{301}e\u{301}e\u{301}".cut(toBytes: 9) == "ae\u{301}…")
        #expect(String(repeating: "\u{301}", count: 100).cut(toBytes: 9) == "…")
        #expect("abc".cut(toBytes: 1) == "…")
    }

    @Test func `long words that differ only at their ends stay different`() {
        let start = "servers:" + String(repeating: "a", count: 600)
        let (one, other) = ((start + "1").cutDistinctly(toBytes: 512), (start + "2"))
        #expect(one != other.cutDistinctly(toBytes: 512))
        #expect(one == (start + "1").cutDistinctly(toBytes: 512))
        #expect(one.utf8.count <= 512)
        #expect(one.hasPrefix("servers:a"))
        #expect("servers:list".cutDistinctly(toBytes: 512) == "servers:list")
    }
}
