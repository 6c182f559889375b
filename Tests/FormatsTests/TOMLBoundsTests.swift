import Testing

@testable import Formats

struct TOMLBoundsTests {
    @Test func `nesting is bounded in arrays, inline tables, keys and headers alike`() {
        let limit = TOML.maximumDepth
        func repeated(_ text: String, _ count: Int) -> String {
            String(repeating: text, count: count)
        }
        for depth in [limit - 1, limit, limit + 1] {
            let documents = [
                "a = " + repeated("[", depth) + repeated("]", depth),
                "a = " + repeated("{a=", depth - 1) + "1" + repeated("}", depth - 1),
                "a" + repeated(".a", depth - 1) + " = 1",
                "[a" + repeated(".a", depth - 1) + "]",
                "[[a" + repeated(".a", depth - 1) + "]]",
                "[a" + repeated(".a", depth - 4) + "]\nb.c = [1]",
            ]
            for document in documents {
                let found = errors(document)
                if depth <= limit {
                    #expect(found.isEmpty, "\(depth): \(document.prefix(8)) \(found)")
                } else {
                    #expect(found.count == 1, "\(depth): \(document.prefix(8))")
                    #expect(found.joined().contains("deeper than 128 levels"))
                }
            }
        }
    }

    @Test(arguments: [
        "[", "[\n", "{a=", "{", "a.", "[[", "[{a=", "\"\"\"", "'", "\\", "\"\\u", "\r",
    ])
    func `a quarter megabyte of the same is refused without harm`(piece: String) {
        let count = 256 * 1024 / piece.utf8.count
        for start in ["", "a = ", "a = [", "a = \"", "a = \"\"\""] {
            #expect(!errors(start + String(repeating: piece, count: count)).isEmpty)
        }
    }

    @Test func `a document of 16 MiB is read and one byte more is not`() {
        var bytes = [UInt8](repeating: UInt8(ascii: " "), count: TOML.maximumBytes)
        #expect(TOML.parse(bytes).errors.isEmpty)
        bytes.append(UInt8(ascii: " "))
        #expect(
            TOML.parse(bytes).errors.map(\.description) == ["1:1: the file is larger than 16 MiB"]
        )
    }

    @Test func `large tables are read whole`() {
        let count = 20_000
        var text = ""
        for number in 0..<count { text += "[tokens.t\(number)]\np.q = \(number)\n" }
        for number in 0..<count { text += "[[list]]\nn = \(number)\n" }
        let document = TOML.parse(Array(text.utf8))
        #expect(document.errors.isEmpty)
        guard case .table(let tokens) = document.root["tokens"]?.value,
            case .array(let list) = document.root["list"]?.value
        else {
            Issue.record("no tables")
            return
        }
        #expect(tokens.entries.count == count)
        #expect(tokens["t\(count - 1)"]?.position.line == 2 * count - 1)
        #expect(list.count == count)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `no mutation of bytes makes the reader fail or lie about a place`(seed: UInt64) {
        // The seed is the test's argument, so a failure names it.
        var random = SplitMix(state: seed)
        let sample = Array(
            """
            # é
            a.b = "x\\u00e9\\n" # y
            'c' = [1, 0x1F, 1_0.5e-3, inf, {d = true, e.f = ''}]
            g = \"""
             h \\
               i""\"""
            [j.k]
            l = 1979-05-27 07:32:00.123-07:00
            [[m]]
            n = '''
            o'''
            [[m]]
            p = 07:32:00
            """.utf8
        )
        #expect(TOML.parse(sample).errors.isEmpty)
        let alphabet = Array("[]{}\"'\\=.,#\r\n\t -+_:0129aeEtTuUxzZ\u{0}é😀".utf8) + [0xFF, 0x80]
        for _ in 0..<5_000 {
            var bytes = sample
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let byte = alphabet.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = byte
                case 1: bytes.insert(byte, at: place)
                case 2: bytes.remove(at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 9))
                }
            }
            let errors = TOML.parse(bytes).errors
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            #expect(errors.count <= TOML.maximumErrors)
            for error in errors {
                #expect((1...lines.count).contains(error.position.line))
                let line = lines[error.position.line - 1]
                #expect((1...(line.count + 1)).contains(error.position.column))
                #expect(!error.message.isEmpty)
            }
        }
    }
}

/// A small generator whose whole state is its seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
