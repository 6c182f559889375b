/// A value with a secret: printing, dumping and reflecting it does not show the secret.
package protocol Undisclosed: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{}

extension Undisclosed {
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
