#include "sim.h"

void faults_bend(const struct hits *h, struct response *r)
{
	if (h->of[FAULT_BADTID] != NULL)
		r->tid ^= 0x5500;
	if (h->of[FAULT_BADPROTO] != NULL)
		r->protocol = 1;
	if (h->of[FAULT_BADUNIT] != NULL)
		r->unit ^= 0x01;
	if (h->of[FAULT_BADFC] != NULL)
		r->pdu[0] ^= 0x01;
	if (h->of[FAULT_BADECHO] != NULL)
		r->pdu[r->n - 1] ^= 0x01;
	if (h->of[FAULT_SHORT] != NULL && r->n > 1)
		r->n--;
	if (h->of[FAULT_LONG] != NULL)
		r->pdu[r->n++] = 0;
}

/* Different bits each time: one flipped twice would be none. */
static void flip_bits(const struct fault *noise, uint8_t *bytes, size_t n)
{
	uint8_t flipped[SEND_MAX] = {0};
	uint64_t random = noise->random;
	int left = noise->by < 0 ? 0 : noise->by > 8 * (int)n ? 8 * (int)n : noise->by;

	while (left > 0) {
		size_t bit = random_draw(&random) % (8 * n);
		uint8_t mask = (uint8_t)(1u << bit % 8);

		if ((flipped[bit / 8] & mask) != 0)
			continue;
		flipped[bit / 8] |= mask;
		bytes[bit / 8] ^= mask;
		left--;
	}
}

size_t faults_bend_bytes(const struct hits *h, uint8_t *bytes, size_t n)
{
	const struct fault *noise = h->of[FAULT_NOISE], *cut = h->of[FAULT_TRUNCATED];

	if (h->of[FAULT_BADCRC] != NULL)
		bytes[n - 1] ^= 0x55;
	if (noise != NULL)
		flip_bits(noise, bytes, n);
	if (cut == NULL || cut->by < 0)
		return n;
	return (size_t)cut->by < n ? n - (size_t)cut->by : 0;
}
