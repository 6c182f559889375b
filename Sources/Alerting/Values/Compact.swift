/// An instant that may be missing, in the eight bytes of an instant.
///
/// A token has about ten of them, and there may be 100,000 tokens. The farthest instant of the past
/// stands for none, because nothing happened then.
@propertyWrapper
package struct Compact: Hashable, Sendable {
    private var milliseconds: Int64

    package init(wrappedValue: Instant?) {
        milliseconds = wrappedValue?.milliseconds ?? .min
    }

    package var wrappedValue: Instant? {
        get { milliseconds == .min ? nil : Instant(milliseconds: milliseconds) }
        set { self = Compact(wrappedValue: newValue) }
    }
}
