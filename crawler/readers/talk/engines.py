"""How known forum programs mark up a thread: one row each, so that a new program is one more row.

One of the ``sign`` words is looked for first, because that is far cheaper than a selector: a plain word
among the page's classes and ids, any other in its source. A selector field may hold several selectors; the first that
gives something wins. What ``drop`` selects inside a post's body (quotes of others, signatures, edit notes) is not the
author's text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The markup of one forum program (or of one of its skins).

    What follows an ``@`` in a selector of ``author`` or ``date`` is the attribute that says it, of the post itself
    where nothing stands before.
    """

    name: str
    sign: tuple[str, ...]
    post: str
    body: tuple[str, ...]
    author: tuple[str, ...]
    date: tuple[str, ...]
    drop: str = "blockquote, .signature"
    likes: str = ""
    link: str = ""
    comment: str = ""
    comment_body: str = ""
    question: str = ""
    title: str = ""
    """Where a post that is a link has its title: such a post has no words of its own."""
    notices: tuple[str, ...] = ()
    """The program's own accounts: what stands under such a name (that a thread is closed) nobody said."""


ENGINES: tuple[Engine, ...] = (
    Engine(
        name="xenforo",
        sign=("message-body",),
        post="article.message--post, article.message[data-content^='post-'], div.message[data-content^='post-']",
        body=(".message-content .message-body .bbWrapper", ".message-body .bbWrapper", ".message-body"),
        author=("@data-author", ".message-name .username", ".message-name", ".username"),
        # Some skins show no date but in the caption of a post's pictures.
        date=(".message-attribution time", "time.u-dt", "time", ".message-userContent@data-lb-caption-desc"),
        drop=".bbCodeBlock--quote, .bbCodeBlock--unfurl, blockquote.bbCodeBlock,"
        " .message-signature, .message-lastEdit, .js-selectToQuoteEnd",
        link=".message-attribution-main a, .message-attribution a[href*='post-']",
    ),
    Engine(
        name="xenforo 1",
        sign=("messageText",),
        post="li.message[id^='post-']",
        body=(".messageContent .messageText", ".messageText"),
        author=("@data-author", ".username"),
        date=(".messageMeta .DateTime", ".DateTime"),
        drop=".bbCodeQuote, .quoteContainer, blockquote.quoteContainer, .signature, .editDate",
        link="a.datePermalink",
    ),
    Engine(
        name="discourse for crawlers",
        sign=("crawler-post", "topic-body"),
        post="div.crawler-post, div.topic-body[itemprop='comment'], div.topic-body",
        body=(".post[itemprop]", ".post", "[itemprop='text']", "[itemprop='articleBody']"),
        author=(".creator [itemprop='name']", ".creator a", ".creator", "[itemprop='author']"),
        date=("time.post-time", "time[itemprop='datePublished']", "time[datetime]", "[itemprop='datePublished']"),
        drop="aside.quote, aside.onebox, .signature",
        likes=".post-likes",
        notices=("system", "discobot"),
    ),
    Engine(
        name="stack exchange",
        sign=("js-post-body", "post-text", "suggestedAnswer"),
        post="#question, div.question, div.answer",
        body=(".s-prose.js-post-body", ".post-text", ".s-prose"),
        author=(".post-signature.owner .user-details a", "[itemprop='author'] [itemprop='name']",
                "div.post-signature:last-of-type .user-details a", ".user-details"),
        date=(".post-signature.owner .relativetime", "time[itemprop='dateCreated']", ".relativetime"),
        drop=".snippet-ctas",
        likes=".js-vote-count",
        link="a.js-share-link",
        comment="li.comment",
        comment_body=".comment-copy",
        question="#question",
    ),
    Engine(
        name="askbot",
        sign=("post-update-info", "question-table"),
        post="div.post.js-question, div.post.question, div.post.answer, div.answer[id^='post-id-'], #question-table",
        body=(".post-body", ".answer-body", ".question-body"),
        author=(".post-update-info .user-info > a", ".user-info > a", ".user-card .user-info a",
                ".post-update-info a[href*='/users/']"),
        date=(".post-update-info abbr.timeago", "abbr.timeago", ".timeago"),
        drop=".post-update-info-container, .post-update-info, .comments, .post-controls, .answer-controls, .tags",
        likes=".vote-number",
        link="a.permant-link",
        comment="div.comment[id]",
        comment_body=".comment-body",
        question="div.post.question, div.post.js-question",
    ),
    Engine(
        name="something awful",
        sign=('class="postdate"',),
        post="table.post[id^='post']",
        body=("td.postbody",),
        author=("dt.author", ".author", ".userinfo .author"),
        date=("td.postdate",),
        drop="blockquote, .bbc-block, p.editedby, .signature",
        link="td.postdate a[href^='#post']",
    ),
    Engine(
        name="vbulletin 3",
        sign=("post_message_", "postbitlegacy", "postcontainer"),
        post="table[id^='post']:has([id^='post_message_']), div[id^='post']:has(> [id^='post_message_']),"
        " li.postbit, li.postbitlegacy, li.postcontainer, div.postbit, div.tpost:has([id^='post_message_'])",
        # Version 4 puts the words of a post itself into a quote.
        body=("blockquote.postcontent", "[id^='post_message_']", ".postcontent"),
        author=("a.bigusername", ".username", "[id^='postmenu_'] a", "[id^='postmenu_']", "[itemprop='name']"),
        date=(".postdate .date", ".postdate", "td.thead", "time", "div.normal", ".date", ".thead > .tcell"),
        drop="blockquote, .bbcode_container, .quote_container, .signature, div:has(> .smallfont):has(table), .editnote",
        link="a[id^='postcount'], a.postcounter",
    ),
    Engine(
        name="vbulletin 5",
        sign=("js-post__content-text", "b-post__content"),
        post="li.b-post",
        body=(".js-post__content-text", ".b-post__content"),
        author=(".b-userinfo .author", ".author", ".userinfo [itemprop='name']"),
        date=(".b-post__timestamp time", "time"),
        drop=".bbcode_container, .signature, .b-post__edit-info",
        link="a.b-post__count",
    ),
    Engine(
        name="phpbb",
        sign=("postprofile", "viewtopic.php"),
        post="div.post[id^='p']",
        body=(".postbody .content", ".content", ".postbody"),
        author=(".postprofile .username", ".postprofile .username-coloured", "p.author .username",
                "p.author .username-coloured", ".author strong", ".postprofile dt a:not(:has(img))", ".username"),
        date=("p.author time", "p.author", ".postdate", ".author"),
        drop="blockquote, .signature, .notice, .attachbox, dl.file, .codebox > p, .codebox dt",
        link="h3 a[href^='#p'], p.author a[href*='#p']",
    ),
    Engine(
        name="invision",
        sign=("ipsComment", "cPost", "ipsEntry"),
        post="article.cPost, article.ipsComment, article[id^='elComment_'], article.ipsEntry, div.ipsComment",
        body=("[data-role='commentContent']", ".ipsComment_content .ipsType_richText", ".ipsRichText",
              ".ipsType_richText"),
        author=(".cAuthorPane_author a", ".cAuthorPane_author", ".ipsComment_author a", ".ipsEntry__author a",
                ".ipsEntry__author", ".ipsComment_author .ipsType_break", "h3 a", "h3"),
        date=(".ipsComment_meta time", "time"),
        drop="[data-excludequote], blockquote.ipsQuote,"
        " .ipsSignature, [data-role='memberSignature'], .ipsType_light.edited, .ipsEdited, [data-nosnippet]",
        link="a.ipsComment_meta[href*='comment'], .ipsComment_meta a[href*='comment'],"
        " a[href*='findComment'], a[href*='#comment']",
    ),
    Engine(
        name="mybb",
        sign=("post_body",),
        post="div.post[id^='post_'], table[id^='post_']",
        body=(".post_body",),
        author=(".author_information strong a", ".author_information .largetext", ".post_author strong a",
                ".author_information strong"),
        date=(".post_date", ".post_head .post_date"),
        drop="blockquote, .signature, .post_meta, .edited_post",
        link=".post_head a[id^='post_link']",
    ),
    Engine(
        name="smf",
        sign=("post_wrapper", "forumposts"),
        post="div.post_wrapper, #forumposts form > div.windowbg, #forumposts form > div.windowbg2",
        body=(".inner[id^='msg_']", ".post .inner", ".inner", ".post"),
        author=(".poster h4 a:not(:has(img))", ".poster h4", "h4 a"),
        date=(".postarea .keyinfo a.smalltext", ".postarea .keyinfo .smalltext", ".smalltext", "time"),
        drop="blockquote, .quoteheader, .quotefooter, .signature, .modified",
        link=".keyinfo a[href*='#msg']",
    ),
    Engine(
        name="fluxbb",
        sign=("postmsg",),
        post="div.blockpost",
        body=(".postmsg",),
        author=(".postleft dt strong", ".postleft dt"),
        date=("h2 a", "h2"),
        drop=".quotebox, blockquote, .postsignature, .postedit",
        link="h2 a",
    ),
    Engine(
        name="woltlab",
        sign=("wbbPost", "messageText"),
        post="article.wbbPost, li > article.message[id^='post'], article.message[data-object-id]",
        body=(".messageBody .messageText", ".messageText"),
        author=(".messageAuthor .username", ".messageAuthor [itemprop='name']", ".username"),
        date=(".messageHeader time", ".messagePublicationTime time", "time"),
        drop=".quoteBox, blockquote.quoteBox, .messageSignature, .messageBodyFooter",
        link=".messageHeader a.permalink, a.permalink",
    ),
    Engine(
        name="discuz",
        sign=("authi", "plhin"),
        post="div[id^='post_']:has([id^='postmessage_'])",
        body=("[id^='postmessage_']",),
        author=(".pls .authi a", ".authi a.xw1", ".authi a"),
        date=("em[id^='authorposton'] span", "em[id^='authorposton']"),
        drop=".quote, blockquote, .sign, .pstatus, .jammer",
        link="a[id^='postnum']",
    ),
    Engine(
        name="flarum",
        sign=("PostUser", "Post-body"),
        post="noscript article, article.Post, article.CommentPost, .container article:has(.Post-body)",
        body=(".Post-body",),
        author=(".PostUser-name", ".username", "h3", "h4"),
        date=("time", "[datetime]"),
        drop="blockquote",
    ),
    Engine(
        name="nodebb",
        sign=('component="post',),
        post="[component='post'], li[itemprop='comment']",
        body=("[component='post/content']", "[itemprop='text']", ".content"),
        author=("@data-username", "[itemprop='author']", "[data-username]"),
        date=("[itemprop='datePublished']", ".timeago", "time"),
        drop="blockquote, [component='post/signature']",
        likes="[component='post/vote-count']",
    ),
    Engine(
        name="vanilla",
        sign=("ItemComment", "ItemDiscussion"),
        post="li.ItemComment, div.ItemDiscussion, li.Comment, div.Discussion",
        body=(".Message",),
        author=(".Author .Username", ".Author a:not(:has(img))", ".Username"),
        date=("time",),
        drop="blockquote, .Signature, .UserQuote, .js-embed.embedQuote",
        link="a.Permalink",
    ),
    Engine(
        name="khoros",
        sign=("lia-message-body",),
        post="div.lia-message-view-wrapper, div.MessageView, .lia-linear-display-message-view",
        body=(".lia-message-body-content", ".lia-message-body"),
        author=(".lia-user-name-link", ".UserName"),
        date=(".DateTime .local-friendly-date", ".DateTime .local-date", ".DateTime", "time"),
        drop="blockquote, .lia-message-signature",
        likes=".MessageKudosCount",
    ),
    Engine(
        name="hacker news",
        sign=("commtext",),
        post="tr.athing.comtr, tr.athing:has(.toptext), table.fatitem",
        body=(".commtext", ".toptext"),
        author=(".hnuser",),
        date=(".age",),
        drop=".reply",
        link=".age a",
    ),
    Engine(
        name="lemmy",
        sign=("comment-node",),
        post="article.comment-node, article.comment, .post-listing-card, #postContent",
        body=(".comment-content", ".md-div", ".md"),
        author=(".person-listing", "a[href*='/u/']"),
        date=(".moment-time", "time"),
        drop="blockquote",
    ),
    Engine(
        name="old reddit",
        sign=("usertext-body",),
        post="div.thing.comment, div.thing.link",
        body=(":scope > .entry .usertext-body .md", ".usertext-body .md"),
        author=(":scope > .entry a.author", "a.author"),
        date=(":scope > .entry time", "time"),
        drop="blockquote",
        link=":scope > .entry a.bylink",
        title=":scope > .entry a.title",
    ),
    Engine(
        name="reddit",
        sign=("<shreddit-",),
        post="shreddit-post, shreddit-comment",
        body=("[slot='comment']", "[slot='text-body']", ".md"),
        author=("@author",),
        date=("@created-timestamp", "time", "faceplate-timeago"),
        drop="blockquote",
        title="@post-title",
    ),
    Engine(
        name="lobsters",
        sign=("comment_text",),
        post="div.comment, li.story",
        body=(".comment_text", ".story_text"),
        author=(".byline a.u-author", ".byline a[href^='/~']", ".byline a[href^='/u/']"),
        date=(".byline time", ".byline span[title]"),
        drop="blockquote",
    ),
    Engine(
        name="bbpress",
        sign=("bbp-reply-content", "bbp-topic-content"),
        post="div.reply:has(.bbp-reply-content), div.topic:has(.bbp-topic-content), .bbp-reply,"
        " li.bbp-body > div.type-reply",
        body=(".bbp-reply-content", ".bbp-topic-content"),
        author=(".bbp-author-name", ".bbp-reply-author"),
        date=(".bbp-reply-post-date", ".bbp-topic-post-date"),
        drop="blockquote, .bbp-signature",
        link="a.bbp-reply-permalink",
    ),
    Engine(
        name="slashdot",
        sign=("commentBody",),
        post="li.comment, article[id^='firehose']",
        body=(":scope > .cw .commentBody", ".commentBody", ".body .p"),
        author=(".by a", ".by", ".story-byline a"),
        date=(".otherdetails", "time"),
        drop=".quote, blockquote",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicList:
    """The markup of a list of threads: a row each, and where in it the title's link and the rest stand."""

    sign: str
    row: str
    title: str
    author: str = ""
    replies: str = ""
    views: str = ""


TOPICS: tuple[TopicList, ...] = (
    TopicList(sign="thread_title", row="tr.thread[id]", title="a.thread_title", author="td.author",
              replies="td.replies", views="td.views"),
    TopicList(sign="structItem--thread", row="div.structItem--thread", title=".structItem-title a:last-of-type",
              author=".structItem-parts .username"),
    TopicList(sign="topictitle", row="li.row:has(a.topictitle), tr:has(a.topictitle)", title="a.topictitle",
              author=".topic-poster a.username, .author a", replies=".posts", views=".views"),
    TopicList(sign="topic-list-item", row="tr.topic-list-item", title="a.title", author=".creator a, .posters a",
              replies="td.posts, .replies", views=".views"),
    TopicList(sign="threadbit", row="li.threadbit", title="a.title", author=".username.understate, .author a"),
    TopicList(sign="td_threadtitle_", row="tr:has(td[id^='td_threadtitle_'])", title="a[id^='thread_title_']",
              author="td[id^='td_threadtitle_'] .smallfont span"),
    TopicList(sign="inline_row", row="tr.inline_row", title=".subject_new a, .subject_old a, span[id^='tid_'] a",
              author=".author a"),
    TopicList(sign="ipsDataItem_title", row="li.ipsDataItem", title=".ipsDataItem_title a",
              author=".ipsDataItem_meta a"),
    TopicList(sign="s-post-summary", row="div.s-post-summary", title="h3 a", author=".s-user-card--link a"),
    TopicList(sign="question-summary", row="div.question-summary", title="h3 a", author=".user-details a"),
    TopicList(sign="short-summary", row="div.short-summary", title="h2 a", author=".userinfo a:last-of-type",
              replies=".answers .item-count", views=".views .item-count"),
    TopicList(sign="titleline", row="tr.athing:not(.comtr)", title=".titleline > a"),
    TopicList(sign="messageindex", row="#messageindex tr:has(td.subject)", title="td.subject a",
              author="td.subject p a"),
)  # fmt: skip
