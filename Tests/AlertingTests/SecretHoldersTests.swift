import Testing

@testable import Alerting

private func digest(_ number: UInt64) -> SecretDigest { SecretDigest(high: 0, low: number) }

struct SecretHoldersTests {
    @Test
    func `a secret of its own has no company`() {
        var holders = SecretHolders(count: 2)
        #expect(holders.note(0, holds: digest(1)) == [])
        #expect(holders.note(1, holds: digest(2)) == [])
        #expect(holders.companion(of: 0) == nil)
        #expect(holders.companion(of: 1) == nil)
    }

    @Test
    func `two that hold the same name each other, until one holds another or none`() {
        for other in [digest(2), nil] {
            var holders = SecretHolders(count: 2)
            _ = holders.note(0, holds: digest(1))
            #expect(Set(holders.note(1, holds: digest(1))) == [0, 1])
            #expect(holders.companion(of: 0) == 1)
            #expect(holders.companion(of: 1) == 0)
            #expect(holders.note(1, holds: digest(1)) == [])
            #expect(Set(holders.note(0, holds: other)) == [0, 1])
            #expect(holders.companion(of: 0) == nil)
            #expect(holders.companion(of: 1) == nil)
            #expect(Set(holders.note(0, holds: digest(1))) == [0, 1])
        }
    }

    @Test
    func `whoever joins many disturbs none of them`() {
        var holders = SecretHolders(count: 1000)
        for slot in 0..<1000 {
            let touched = holders.note(slot, holds: digest(1))
            #expect(touched.count <= 2)
            if slot > 1 { #expect(touched == [slot]) }
        }
        #expect(Set(holders.note(500, holds: nil)) == [500])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `every slot whose company changes is named, and company is whoever holds the same`(
        seed: UInt64
    ) {
        var random = SplitMix64(state: seed)
        let count = 12
        var holders = SecretHolders(count: count)
        var held = [UInt64?](repeating: nil, count: count)
        for _ in 0..<3000 {
            let before = (0..<count).map { holders.companion(of: $0) }
            let slot = Int.random(in: 0..<count, using: &random)
            let number = UInt64.random(in: 0...4, using: &random)
            held[slot] = number == 0 ? nil : number
            let touched = Set(holders.note(slot, holds: held[slot].map(digest)))
            for other in 0..<count {
                let companion = holders.companion(of: other)
                if companion != before[other] {
                    #expect(touched.contains(other), "seed \(seed): slot \(other) after \(slot)")
                }
                let others = (0..<count).filter { $0 != other && held[$0] == held[other] }
                if held[other] == nil || others.isEmpty {
                    #expect(companion == nil, "seed \(seed): slot \(other)")
                } else {
                    #expect(companion.map(others.contains) == true, "seed \(seed): slot \(other)")
                }
            }
        }
    }
}
