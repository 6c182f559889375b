import Foundation
import Testing

/// Every input of the corpus, through its target.
///
/// `Corpus/TARGET/NAME` is one input. `make fuzz` adds none: a person copies what it finds.
struct FuzzCorpusTests {
    private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Corpus")

    @Test(arguments: FuzzTarget.allCases)
    func `no input of the corpus finds a fault`(target: FuzzTarget) throws {
        let folder = Self.corpus.appendingPathComponent(target.rawValue)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(!names.isEmpty)
        for name in names {
            let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
            #expect(target.fault(bytes) == nil, "\(name)")
            // Cut off anywhere it must hold as well.
            for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 50)) {
                #expect(target.fault(Array(bytes.prefix(count))) == nil, "\(name) at \(count)")
            }
        }
    }
}
