@testable import Monitor

extension Watch {
    /// Returns when all tokens have learned of the configuration.
    func takesOver() async {
        while takeover != nil { await Task.yield() }
    }
}
