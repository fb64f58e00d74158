import Testing

@testable import Sandbox

@Suite struct XMLTests {
    @Test func `what is written is read again`() throws {
        let text = "a<b>&\"'\u{1}\t\n\r ünï \u{1F600}"
        let element = XMLElement("Root", [XMLElement("Key", text), XMLElement("Empty")])
        let read = try #require(XMLReader.read(element.document))
        #expect(read["Key"]?.text == text)
        #expect(read["Empty"]?.text == "")
    }

    @Test func `declarations, comments, prefixes, attributes and CDATA are understood`() throws {
        let text = """
            <?xml version="1.0"?><!-- c --><s3:Root xmlns:s3='x'><s3:Key a = "1>2" >a<![CDATA[<&]]>\
            <!-- no -->b&#x41;&#66;&amp;</s3:Key></s3:Root>
            """
        let root = try #require(XMLReader.read(Array(text.utf8)))
        #expect(root.name == "Root")
        #expect(root["Key"]?.text == "a<&bAB&")
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&nope;</a>", "<a>&#xD800;</a>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a b></a>", "<a b=c/>", "< a/>", "<a",
        "<a><![CDATA[</a>", "<a><!-- </a>",
        String(repeating: "<a>", count: 100) + String(repeating: "</a>", count: 100),
    ])
    func `what is no such document is refused`(text: String) {
        #expect(XMLReader.read(Array(text.utf8)) == nil)
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(XMLReader.read(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) == nil)
    }
}
