import Alerting
import Testing

struct TokenIDTests {
    @Test(arguments: [
        "a", "0", "deploy", "a.b_c-d", "9lives", "a-", "a.", String(repeating: "x", count: 63),
        String(repeating: "x", count: 64),
    ])
    func `a name that follows the rule is a token id`(text: String) {
        #expect(TokenID(text)?.text == text)
    }

    @Test(arguments: [
        "", "-a", ".a", "_a", "A", "deployX", "a b", "a/", "/b", "a/b c", "ä", "aé", "a\n",
        "a\u{0}", " a",
        String(repeating: "x", count: 65), "٣",
    ])
    func `any other text is not`(text: String) {
        #expect(TokenID(text) == nil)
    }

    @Test
    func `its hash is the same in every version`() {
        // Phases of running installations hang on these.
        #expect(TokenID("deploy")?.stableHash == 0x713e_2d53_7e5f_5b0f)
        #expect(TokenID("a")?.stableHash == 0x82a2_a958_a9be_ce5b)
    }
}
