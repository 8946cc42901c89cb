/*
 * Bytes of a stream, whole and in pieces, through the room that knows the wire.
 *
 * The first byte says how the stream is cut. However it is cut, the same frames come out; what was
 * taken and put again is the same bytes; and no take reads beyond what it was given (each gets
 * memory of exactly its length, so that the sanitizer sees it).
 */
#include "core/pdu.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_MAX 4096
#define FRAMES_MAX (STREAM_MAX / 8)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the frames of a stream end, and how the stream ended. */
struct framing {
	size_t n;
	size_t end[FRAMES_MAX];
	enum mbap_status last;
};

static uint8_t *exactly(const uint8_t *bytes, size_t n)
{
	uint8_t *p = malloc(n + (n == 0));

	must(p != NULL);
	memcpy(p, bytes, n);
	return p;
}

static void check_reply(const struct request *asked, const uint8_t *pdu, size_t len)
{
	uint8_t *own = exactly(pdu, len), out[PDU_MAX];
	struct reply r, again;
	enum reply_status status = reply_take(asked, own, len, &r);

	free(own);
	if (status != REPLY_OK && status != REPLY_EXCEPTION)
		return;
	size_t n = reply_put(asked, &r, out);
	must(n == len);
	must(reply_take(asked, out, n, &again) == status);
	if (asked->function > FC_READ_DISCRETE) /* there pad bits are cleared */
		must(memcmp(out, pdu, n) == 0);
}

static bool check_request(const uint8_t *pdu, size_t len, struct request *r)
{
	uint8_t *own = exactly(pdu, len), out[PDU_MAX];
	enum mb_exception e = request_take(own, len, r);

	free(own);
	must(e == MB_OK || e == MB_FUNCTION || e == MB_VALUE || e == MB_ADDRESS);
	if (e != MB_OK)
		return false;
	must(request_put(r, out) == len);
	must(memcmp(out, pdu, len) == 0);
	must(request_equal(r, r));
	must(!(request_reads(r) && request_writes(r)));
	return true;
}

/* Each frame is judged as a request, and as an answer to the last request before it. */
static void check_frame(const struct frame *f, const uint8_t *bytes, size_t used,
                        struct request *asked, bool *has_asked)
{
	uint8_t adu[ADU_MAX];
	struct request r;

	must(used == MBAP_LEN + f->pdu_len && used <= ADU_MAX);
	must(mbap_put(adu, f->tid, f->unit, f->pdu, f->pdu_len) == used);
	must(memcmp(adu, bytes, used) == 0);
	if (*has_asked)
		check_reply(asked, f->pdu, f->pdu_len);
	if (!check_request(f->pdu, f->pdu_len, &r))
		return;
	*asked = r;
	*has_asked = true;
}

static void take_whole(const uint8_t *stream, size_t n, struct framing *out)
{
	uint8_t *own = exactly(stream, n);
	struct request asked;
	bool has_asked = false;
	struct frame f;
	size_t at = 0, used;

	while ((out->last = mbap_take(own + at, n - at, &f, &used)) == MBAP_OK) {
		check_frame(&f, own + at, used, &asked, &has_asked);
		at += used;
		out->end[out->n++] = at;
	}
	free(own);
}

/* As a connection does it: a buffer that is filled piece by piece and emptied frame by frame. */
static void take_pieces(const uint8_t *stream, size_t n, size_t piece, struct framing *out)
{
	uint8_t buffer[4 * ADU_MAX];
	size_t have = 0, done = 0, used;
	struct frame f;

	out->last = MBAP_MORE;
	for (size_t at = 0; at < n && out->last != MBAP_FOREIGN;) {
		size_t part = n - at < piece ? n - at : piece;

		memcpy(buffer + have, stream + at, part);
		have += part;
		at += part;
		while ((out->last = mbap_take(buffer, have, &f, &used)) == MBAP_OK) {
			have -= used;
			memmove(buffer, buffer + used, have);
			done += used;
			out->end[out->n++] = done;
		}
		must(out->last == MBAP_FOREIGN || have < ADU_MAX); /* room for more, always */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct framing whole, pieces;
	struct request r;

	if (size < 1 || size > STREAM_MAX)
		return 0;
	size_t piece = 1 + data[0] % (3 * ADU_MAX);
	(void)check_request(data + 1, size - 1, &r); /* also as one bare pdu, of any length */
	whole = pieces = (struct framing){0};
	take_whole(data + 1, size - 1, &whole);
	take_pieces(data + 1, size - 1, piece, &pieces);
	must(whole.n == pieces.n && whole.last == pieces.last);
	must(memcmp(whole.end, pieces.end, whole.n * sizeof whole.end[0]) == 0);
	return 0;
}
