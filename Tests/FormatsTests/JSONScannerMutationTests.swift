import Foundation
import Testing

@testable import Formats

/// A small generator that gives the same numbers for the same seed (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct JSONScannerMutationTests {
    private static let documents = [
        #"{"account":{"email":"j@example.com"},"token":{"permissions":["a:b","dns:*"],"e":null}}"#,
        #"[1,-2.5e10,0,true,false,null,"é€😀","\ud83d\ude00\n\u00e9",{},[],{"a":{"b":[[[]]]}}]"#,
        #"  {"a" : [ 1 , 2 ] , "b" : { "c" : "d" } }  "#,
        #""text""#, "-0.0e-5", "[]",
    ]

    private static let alphabet = Array(#"{}[]:,"\ud8 09-+.eE truefalsn"#.utf8) + [0, 0x1f, 0x80]

    private func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let byte = Self.alphabet.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.insert(byte, at: place)
            case 1 where place < bytes.count: bytes[place] = byte
            case 2 where place < bytes.count: bytes.remove(at: place)
            case 3: bytes.removeSubrange(place...)
            default: bytes.insert(byte, at: place)
            }
        }
        return bytes
    }

    /// Nil where the two readers are known to differ by design or by a flaw of Foundation's.
    private func foundationAccepts(_ bytes: [UInt8], _ tree: JSONValue?) -> Bool? {
        // Foundation guesses UTF-16 and UTF-32 from zero bytes.
        if bytes.contains(0) { return nil }
        // It refuses numbers beyond a double's range; the grammar does not.
        if let tree, hasInfinity(tree) { return nil }
        // It lets a comma stand before a closing bracket.
        let marks = bytes.filter { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        let hasTrailingComma = zip(marks, marks.dropFirst()).contains { left, right in
            left == UInt8(ascii: ",") && (right | 0x20) == UInt8(ascii: "}")
        }
        if hasTrailingComma { return nil }
        return (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed))
            != nil
    }

    private func hasInfinity(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let number): number.isInfinite
        case .array(let elements): elements.contains(where: hasInfinity)
        case .object(let members): members.map(\.value).contains(where: hasInfinity)
        case .null, .bool, .integer, .string: false
        }
    }

    @Test func `mutated documents are accepted and refused as Foundation does`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        let wanted = try ["/token/permissions", "/account/email", "/a/b", "/0", ""].map {
            JSONWanted(try #require(JSONPointer($0)))
        }
        let scanner = JSONScanner(wanted)
        var accepted = 0
        for round in 0..<20_000 {
            let original = Array(Self.documents[round % Self.documents.count].utf8)
            let bytes = mutated(original, &random)
            let text = String(decoding: bytes, as: UTF8.self)
            let tree = Result { () throws(JSONError) in try JSONValue(parsing: bytes) }
            let scan = Result { () throws(JSONError) in try JSONScanner([]).scan(bytes) }
            let pointers = Result { () throws(JSONError) in try scanner.scan(bytes) }
            switch (scan, tree) {
            case (.success, .failure(let error)):
                #expect(error.problem == .duplicateKey, "seed \(seed): \(text)")
            case (.failure(let left), .failure(let right)):
                #expect(left == right || right.problem == .duplicateKey, "seed \(seed): \(text)")
            case (.failure, .success):
                Issue.record("seed \(seed): only the scanner refuses \(text)")
            case (.success, .success):
                accepted += 1
                #expect((try? pointers.get()) != nil, "seed \(seed): \(text)")
            }
            guard let foundation = foundationAccepts(bytes, try? tree.get()) else { continue }
            let accepts = (try? scan.get()) != nil
            #expect(accepts == foundation, "seed \(seed): \(text)")
        }
        #expect(accepted > 100, "seed \(seed): the mutations leave too little that is valid")
    }

    @Test func `what the scanner finds is what the tree holds`() throws {
        let json = Array(
            #"{"a":{"b":["x","y"],"c":12,"d":{"e":false}},"f":[{"g":"1"},{"g":"2"}]}"#.utf8
        )
        let tree = try JSONValue(parsing: json)
        let wanted = try ["/a/b/1", "/a/c", "/a/d/e", "/f/1/g"].map {
            JSONWanted(try #require(JSONPointer($0)))
        }
        let found = try JSONScanner(wanted).scan(json)
        #expect(found == [.string("y"), .integer(12), .bool(false), .string("2")])
        #expect(tree["a"]?["b"]?[1] == .string("y"))
        #expect(tree["a"]?["c"] == .integer(12))
        #expect(tree["a"]?["d"]?["e"] == .bool(false))
        #expect(tree["f"]?[1]?["g"] == .string("2"))
    }
}
