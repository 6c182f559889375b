/// A value with a secret in it: it can be printed, dumped and reflected without showing that.
package protocol Undisclosed: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{}

extension Undisclosed {
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
