/// A value apart, one pointer wide: for what is seldom set, so that 100,000 tokens without it have no
/// room for it.
indirect enum Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
    case value(Value)
}
