/// A value apart, one pointer wide: for what is seldom set, so that 100,000 tokens without it have no
/// room for it.
indirect enum Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
    case value(Value)
}

extension Optional {
    /// What is in the box, or what stands for an empty one.
    func value<Value>(or empty: @autoclosure () -> Value) -> Value where Wrapped == Boxed<Value> {
        guard case .value(let value)? = self else { return empty() }
        return value
    }
}
