/* Error codes: 0 is success, errors are negative. One list gives number, name and text. */
#ifndef LOQUAT_PLUGIN_ERRORS_H
#define LOQUAT_PLUGIN_ERRORS_H

#ifdef __cplusplus
extern "C" {
#endif

#define LQ_ERRORS(X) \
	X(EINVAL, 1, "invalid argument") \
	X(ENOMEM, 2, "out of memory") \
	X(ENOENT, 3, "not found") \
	X(ESTATE, 4, "not possible in this state") \
	X(EAGAIN, 5, "not yet: try again") \
	X(END, 6, "end of list or stream") \
	X(ENOTSUP, 7, "not supported") \
	X(EIO, 8, "input/output error") \
	X(EPIPE, 9, "nothing is connected there") \
	X(ENOSPACE, 10, "buffer too small") \
	X(EFORMAT, 11, "no common media format") \
	X(EPARSE, 12, "syntax error") \
	X(ERANGE, 13, "value out of range") \
	X(EEXIST, 14, "already exists") \
	X(EBUSY, 15, "in use") \
	X(ETIMEDOUT, 16, "timed out") \
	X(EABI, 17, "built for another version of Loquat") \
	X(ENOLIB, 18, "a library is missing") \
	X(ENODEV, 19, "no such device") \
	X(ECONN, 20, "connection failed or lost") \
	X(EPROTO, 21, "protocol error") \
	X(ETOKEN, 22, "token missing, wrong or expired") \
	X(EPERM, 23, "no right to do this") \
	X(EREENTRANT, 24, "not allowed inside a callback") \
	X(EFULL, 25, "limit reached") \
	X(ECRYPTO, 26, "encryption or authentication failed") \
	X(EDUPLICATE, 27, "the same user joined elsewhere") \
	X(ECRASH, 28, "crashed")

enum {
	LQ_OK = 0,
#define LQ_ERROR_ENUM(name, number, text) LQ_##name = -(number),
	LQ_ERRORS(LQ_ERROR_ENUM)
#undef LQ_ERROR_ENUM
};

#ifdef __cplusplus
}
#endif
#endif
