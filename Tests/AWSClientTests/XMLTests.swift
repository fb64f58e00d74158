import Testing

@testable import AWSClient

@Suite("An answer in XML")
struct XMLTests {
    @Test func `is read with names, texts and entities`() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- AWS never writes one -->
            <s3:List xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/" a='>'>
              <Key>a &amp; b&#x20;&#99;<![CDATA[<d>]]></Key><Empty/><Key>2</Key>
            </s3:List>

            """
        let root = try #require(XMLElement.parse(text.utf8))
        #expect(root.name == "List")
        #expect(root.all("Key").map(\.text) == ["a & b c<d>", "2"])
        #expect(root["Empty"] == XMLElement(name: "Empty"))
    }

    @Test(arguments: [
        "", "x", "<a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>x", "<a>&nope;</a>",
        "<a>&#xD800;</a>", "<a>&</a>", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "<a b/>",
        "<a b=1/>", "<a b='1>", "<a><![CDATA[x</a>", "<a><!-- x</a>", "<", "< a/>", "<a>]</a",
    ])
    func `is refused where it is none`(text: String) {
        #expect(XMLElement.parse(text.utf8) == nil)
    }

    @Test func `is refused when it nests too deep`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(XMLElement.parse(nested(32).utf8) != nil)
        #expect(XMLElement.parse(nested(33).utf8) == nil)
        #expect(XMLElement.parse(nested(100_000).utf8) == nil)
    }

    @Test func `may be begun with blanks while AWS works`() {
        #expect(XMLElement.parse("\n  \n<?xml version=\"1.0\"?><a/>".utf8) != nil)
    }

    @Test func `holds any text that is escaped for it`() {
        let text = "a<b>&\"'é\r\n"
        #expect(XMLElement.parse("<a>\(text.xmlEscaped)</a>".utf8)?.text == text)
    }
}
