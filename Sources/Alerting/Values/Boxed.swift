/// A boxed value, one pointer wide, for rare settings: 100,000 tokens without it need no
/// memory for it.
indirect enum Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
    case value(Value)
}
