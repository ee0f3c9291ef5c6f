/* Marks what the libraries export. */
#ifndef LOQUAT_API_H
#define LOQUAT_API_H

#ifdef __cplusplus
#define LQ_API_BEGIN extern "C" { _Pragma("GCC visibility push(default)")
#define LQ_API_END _Pragma("GCC visibility pop") }
#else
#define LQ_API_BEGIN _Pragma("GCC visibility push(default)")
#define LQ_API_END _Pragma("GCC visibility pop")
#endif

#endif
