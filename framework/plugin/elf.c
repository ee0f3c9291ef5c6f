#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/loader.h"

#define BAD(code, ...) (snprintf(text, size, __VA_ARGS__), (code))

static int read_all(int fd, void *to, size_t n, off_t at)
{
	return pread(fd, to, n, at) == (ssize_t)n;
}

static int check_segments(int fd, const ElfW(Ehdr) *h, off_t file_size, char *text, size_t size)
{
	for (unsigned i = 0; i < h->e_phnum; i++) {
		ElfW(Phdr) s;
		if (!read_all(fd, &s, sizeof s, (off_t)(h->e_phoff + i * sizeof s)))
			return BAD(LQ_EINVAL, "is truncated: its segment table is not whole");
		if (s.p_type == PT_LOAD && (s.p_offset > (uint64_t)file_size || s.p_filesz > (uint64_t)file_size - s.p_offset))
			return BAD(LQ_EINVAL, "is truncated: %lld bytes, segment %u ends beyond that", (long long)file_size, i);
	}
	return 0;
}

static int check_file(int fd, char *text, size_t size)
{
	ElfW(Ehdr) h;
	struct stat st;
	int native = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
	if (fstat(fd, &st))
		return BAD(LQ_EIO, "cannot be read: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return BAD(LQ_EINVAL, "is not a file");
	if (!read_all(fd, &h, sizeof h, 0))
		return BAD(LQ_EINVAL, "is not a shared object: only %lld bytes", (long long)st.st_size);
	if (memcmp(h.e_ident, ELFMAG, SELFMAG))
		return BAD(LQ_EINVAL, "is not a shared object: no ELF header");
	if (h.e_ident[EI_CLASS] != native || h.e_type != ET_DYN || h.e_phentsize != sizeof(ElfW(Phdr)))
		return BAD(LQ_EINVAL, "is not a shared object for this kind of machine");
	return check_segments(fd, &h, st.st_size, text, size);
}

int lq__elf_check(const char *file, char *text, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return BAD(errno == ENOENT ? LQ_ENOENT : LQ_EIO, "cannot be opened: %s", strerror(errno));
	int err = check_file(fd, text, size);
	close(fd);
	return err;
}
