/* SPDX-License-Identifier: Apache-2.0 */
/**
 * FlashRNN: fused kernels for recurrent networks with true recurrence.
 *
 * Shape letters used below:
 *   B  batch rows            T  time steps          N  heads        D  units per head
 *   Gx input gates           Gr recurrent gates     Gb biases       S  states (state 0 is h)
 *   M  tokens of a packed batch: the sum of its row lengths
 *
 * Per head n and step t:  g_t = Wx_t (+) R h_{t-1} (+) b,  (h_t, ...) = cell(g_t, states_{t-1}).
 *
 *   cell                     Gx Gr Gb  S   gates in order                      states
 *   lstm                      4  4  4  2   i, f, z, o                          h, c
 *   gru                       3  3  4  1   r, z, n; biases r, z, n, hn         h
 *   gru_reset_before          3  3  3  1   r, z, n                             h
 *   elman, elman_relu         1  1  1  1   g (tanh; relu)                      h
 *   slstm                     4  4  4  4   i, f, z, o                          h, c, n, m
 *   (the equations: docs/cells.md)
 *
 * Rules that hold for every function:
 *   - A function that can fail returns a status; flashrnn_last_error() then holds one sentence, per thread.
 *   - A failed call has written nothing to memory that the caller owns, except where a device itself fails midway.
 *   - Structs carry their size first: start from the FLASHRNN_*_INIT macro, then set what is wanted. Fields that a
 *     newer header adds are zero for older callers, and zero means the behaviour of before.
 *   - Pointers are device pointers of the context's device (host pointers for "cpu"). They need the natural
 *     alignment of their element type; workspace, reserve and packed weights need FLASHRNN_BUFFER_ALIGNMENT.
 *   - Output memory must not overlap any other memory of the same call, except where a field says so. Rows that lie
 *     side by side in one larger tensor do not overlap.
 *   - forward, backward, step and pack allocate nothing, synchronise nothing and use the stream given and no other.
 *   - The same call on the same device gives the same bits: for any thread count, and for any split of a sequence into
 *     chunks whose state is carried on in fp32 (state_dtype); on GPUs for chunks of at least two steps.
 */
#ifndef FLASHRNN_FLASHRNN_H
#define FLASHRNN_FLASHRNN_H

#include <stddef.h>
#include <stdint.h>

#include "flashrnn/version.h"

#if defined(FLASHRNN_STATIC)
#define FLASHRNN_API
#elif defined(_WIN32)
#if defined(FLASHRNN_BUILDING)
#define FLASHRNN_API __declspec(dllexport)
#else
#define FLASHRNN_API __declspec(dllimport)
#endif
#else
#define FLASHRNN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Alignment in bytes of workspace, reserve and packed weights. */
#define FLASHRNN_BUFFER_ALIGNMENT 64

/* ---------------------------------------------------------------- status */

typedef enum flashrnn_status {
  FLASHRNN_SUCCESS = 0,
  FLASHRNN_INVALID_ARGUMENT = 1,   /**< a field holds what the contract forbids; the message names field, value, limit */
  FLASHRNN_UNSUPPORTED = 2,        /**< legal, but this device or build cannot do it; the message says what can */
  FLASHRNN_BUFFER_TOO_SMALL = 3,   /**< workspace, reserve or packed weights shorter than the plan asks for */
  FLASHRNN_OUT_OF_MEMORY = 4,      /**< creating an object needed memory that the system did not give */
  FLASHRNN_DEVICE_UNAVAILABLE = 5, /**< no such device, or its driver is missing; the message says what is */
  FLASHRNN_DEVICE_ERROR = 6,       /**< the device reported an error */
  FLASHRNN_INTERNAL_ERROR = 7      /**< a bug in the library; please report it with the message */
} flashrnn_status;

/** The enumerator's name, "FLASHRNN_INVALID_ARGUMENT" and so on; "unknown status" for any other value. Never null. */
FLASHRNN_API const char *flashrnn_status_name(flashrnn_status status);

/** The message of this thread's last failed call; "" before any. Valid until the thread's next failing call. Never null. */
FLASHRNN_API const char *flashrnn_last_error(void);

/** The library's version, e.g. "0.1.0": compare with the FLASHRNN_VERSION_* macros of the header. */
FLASHRNN_API const char *flashrnn_version(void);

/* ---------------------------------------------------------------- devices and contexts */

/** A device as `flashrnn_get_device` reports it. Strings live as long as the process. */
typedef struct flashrnn_device_info {
  size_t struct_size;
  const char *name;        /**< what flashrnn_context_create takes: "cpu", "cuda:0"; later "hip:0" */
  const char *description; /**< the product's name as the system gives it */
  const char *isa;         /**< the instruction set that a context uses by default, e.g. "avx512_bf16" */
  const char *isas;        /**< all usable here, best first, separated by spaces: legal values of cpu_isa */
  int32_t compute_units;   /**< cores (CPU) or multiprocessors */
  int32_t reserved;        /**< 0 */
  int64_t l1_bytes;        /**< data cache per core; 0 = unknown */
  int64_t l2_bytes;        /**< per core; 0 = unknown */
  int64_t l3_bytes;        /**< shared; 0 = unknown */
} flashrnn_device_info;
#define FLASHRNN_DEVICE_INFO_INIT {sizeof(flashrnn_device_info), NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0}

/** How many devices this process can use now. */
FLASHRNN_API int32_t flashrnn_device_count(void);

/** Fills *info for device `index` in [0, flashrnn_device_count()). */
FLASHRNN_API flashrnn_status flashrnn_get_device(int32_t index, flashrnn_device_info *info);

typedef enum flashrnn_log_level {
  FLASHRNN_LOG_WARNING = 1,
  FLASHRNN_LOG_INFO = 2
} flashrnn_log_level;

/** Called from any thread that uses the context; the message is one line, valid during the call only. */
typedef void (*flashrnn_log_callback)(void *user, flashrnn_log_level level, const char *message);

typedef struct flashrnn_context_options {
  size_t struct_size;
  int32_t num_threads;       /**< CPU threads of one call, the caller's included; 0 = one per core; at most 1024 */
  int32_t reserved;          /**< must be 0 */
  const char *cpu_isa;       /**< null or "" = the best one; else a name out of flashrnn_device_info.isas */
  flashrnn_log_callback log; /**< null = silent */
  void *log_user;            /**< handed to log */
} flashrnn_context_options;
#define FLASHRNN_CONTEXT_OPTIONS_INIT {sizeof(flashrnn_context_options), 0, 0, NULL, NULL, NULL}

/** One device with its settings. Thread-safe. */
typedef struct flashrnn_context flashrnn_context;

/**
 * Opens `device` ("cpu", "cuda:0"). `options` may be null. *context is set on success only. A CUDA device is used through
 * its primary context, and every call leaves the context that is current on the thread as it was.
 * Errors: INVALID_ARGUMENT (null, malformed name, unknown cpu_isa), DEVICE_UNAVAILABLE, UNSUPPORTED (a GPU that is too
 * old), DEVICE_ERROR, OUT_OF_MEMORY.
 */
FLASHRNN_API flashrnn_status flashrnn_context_create(const char *device, const flashrnn_context_options *options,
                                                     flashrnn_context **context);

/** Null is allowed. Plans of the context stay valid: they hold what they need. */
FLASHRNN_API void flashrnn_context_destroy(flashrnn_context *context);

/* ---------------------------------------------------------------- cells */

/** A cell's counts. Strings live as long as the process. */
typedef struct flashrnn_cell_info {
  size_t struct_size;
  const char *name;
  int32_t input_gates;     /**< Gx */
  int32_t recurrent_gates; /**< Gr */
  int32_t biases;          /**< Gb */
  int32_t states;          /**< S */
} flashrnn_cell_info;
#define FLASHRNN_CELL_INFO_INIT {sizeof(flashrnn_cell_info), NULL, 0, 0, 0, 0}

/** How many cells this process knows: the built-in ones first, then those of the user's own (flashrnn_add_cell). */
FLASHRNN_API int32_t flashrnn_cell_count(void);
FLASHRNN_API flashrnn_status flashrnn_get_cell(int32_t index, flashrnn_cell_info *info);
/** The same by name. Errors: INVALID_ARGUMENT, with the names that exist in the message. */
FLASHRNN_API flashrnn_status flashrnn_find_cell(const char *name, flashrnn_cell_info *info);

/* ---------------------------------------------------------------- problems and plans */

typedef enum flashrnn_dtype {
  FLASHRNN_DTYPE_DEFAULT = 0, /**< what the field says */
  FLASHRNN_F32 = 1,
  FLASHRNN_F16 = 2,
  FLASHRNN_BF16 = 3
} flashrnn_dtype;

/** Where a row's tokens lie. */
typedef enum flashrnn_layout {
  FLASHRNN_PADDED = 0, /**< tensors [B, T, ...]; `lengths` may shorten rows */
  FLASHRNN_PACKED = 1  /**< tensors [M, ...], no padding; row b holds tokens cu_seqlens[b] .. cu_seqlens[b + 1] - 1 */
} flashrnn_layout;

/** Which states have a sequence tensor. */
typedef enum flashrnn_sequence {
  FLASHRNN_SEQUENCE_H = 0,    /**< h alone: [1, B, T, N, D] */
  FLASHRNN_SEQUENCE_ALL = 1,  /**< every state: [S, B, T, N, D] */
  FLASHRNN_SEQUENCE_NONE = 2  /**< no sequence; final states only */
} flashrnn_sequence;

/** What a training forward keeps for the backward. */
typedef enum flashrnn_reserve_mode {
  FLASHRNN_RESERVE_GATES = 0,    /**< gates and states: the fastest backward */
  FLASHRNN_RESERVE_RECOMPUTE = 1 /**< states alone; the backward computes the gates again in one large product */
} flashrnn_reserve_mode;

/**
 * The flavour of sigmoid, tanh, exp. On GPUs with 16-bit dtypes, which show 2^-9 (bf16) or 2^-11 (fp16) at best, EXACT
 * takes what FAST names here, and FAST sigmoid and tanh good to 2^-11, one instruction each.
 */
typedef enum flashrnn_math {
  FLASHRNN_MATH_DEFAULT = 0, /**< exact */
  FLASHRNN_MATH_EXACT = 1,   /**< a few units in the last place of fp32 */
  FLASHRNN_MATH_FAST = 2,    /**< about 1e-6 relative, fewer instructions */
  FLASHRNN_MATH_LINEAR = 3   /**< every activation replaced by a line: for tests of long chains */
} flashrnn_math;

typedef enum flashrnn_matmul {
  FLASHRNN_MATMUL_STRICT = 0, /**< fp32 products in true fp32 */
  FLASHRNN_MATMUL_TF32 = 1    /**< TF32 allowed where a device has it; the CPU has none and computes true fp32 */
} flashrnn_matmul;

/** What is to be computed. Pure value; pointers inside are read during flashrnn_plan_create only. */
typedef struct flashrnn_problem {
  size_t struct_size;
  const char *cell;            /**< a cell's name; required */
  flashrnn_dtype dtype;        /**< of Wx, R, b, the state sequences and the gradients of Wx and of the sequences;
                                    default F32 */
  flashrnn_dtype state_dtype;  /**< of initial, final and reset states and of their gradients; default: as dtype.
                                    Chunked runs are bitwise equal to whole ones with F32 (on GPUs where
                                    each chunk has at least two steps) */
  int64_t batch;               /**< B >= 1 */
  int64_t time;                /**< T >= 1; for PACKED the longest row allowed */
  int64_t heads;               /**< N >= 1 */
  int64_t head_dim;            /**< D >= 1 */
  int64_t tokens;              /**< PACKED: M allowed at most, 0 = B * T; PADDED: must be 0 */
  flashrnn_layout layout;
  int32_t use_lengths;         /**< 1: the calls give `lengths` (PADDED only) */
  int32_t use_resets;          /**< 1: the calls give `resets` */
  int32_t reverse;             /**< 1: every row runs from its last token to its first; outputs lie at their token */
  int32_t training;            /**< 1: forward fills a reserve and backward can run */
  flashrnn_reserve_mode reserve_mode;
  flashrnn_sequence output_sequence;   /**< what forward's `states` holds */
  flashrnn_sequence gradient_sequence; /**< what backward's `dstates` holds */
  double forward_clip;         /**< > 0: h is clamped to [-clip, clip] every step (its gradient is 0 where clamped);
                                    0 = off */
  double gradient_clip;        /**< > 0: the gradient that leaves a step towards h_{t-1} is clamped to [-clip, clip];
                                    0 = off */
  int32_t gradient_cut;        /**< 1: no gradient flows through R into h_{t-1}; dR stays complete */
  flashrnn_math math;
  flashrnn_matmul matmul;
  int32_t reserved;            /**< must be 0 */
} flashrnn_problem;
#define FLASHRNN_PROBLEM_INIT \
  {sizeof(flashrnn_problem), NULL, FLASHRNN_DTYPE_DEFAULT, FLASHRNN_DTYPE_DEFAULT, 0, 0, 0, 0, 0, \
   FLASHRNN_PADDED, 0, 0, 0, 0, FLASHRNN_RESERVE_GATES, FLASHRNN_SEQUENCE_H, FLASHRNN_SEQUENCE_H, 0.0, 0.0, 0, \
   FLASHRNN_MATH_DEFAULT, FLASHRNN_MATMUL_STRICT, 0}

/** A problem decided for a device: tile sizes, splits, buffer sizes. Immutable and thread-safe. */
typedef struct flashrnn_plan flashrnn_plan;

/**
 * Decides how to compute `problem` on the context's device. *plan is set on success only.
 * Errors: INVALID_ARGUMENT (a field out of range, an unknown cell, sizes whose byte counts pass 2^63),
 * UNSUPPORTED, OUT_OF_MEMORY.
 */
FLASHRNN_API flashrnn_status flashrnn_plan_create(flashrnn_context *context, const flashrnn_problem *problem,
                                                  flashrnn_plan **plan);

/** Null is allowed. No call that uses the plan may be running. */
FLASHRNN_API void flashrnn_plan_destroy(flashrnn_plan *plan);

/** Byte counts of the buffers that the calls take; each needs FLASHRNN_BUFFER_ALIGNMENT. */
typedef struct flashrnn_sizes {
  size_t struct_size;
  size_t forward_workspace;
  size_t backward_workspace; /**< 0 without training */
  size_t step_workspace;
  size_t reserve;            /**< 0 without training */
  size_t packed_weights;
} flashrnn_sizes;
#define FLASHRNN_SIZES_INIT {sizeof(flashrnn_sizes), 0, 0, 0, 0, 0}

FLASHRNN_API flashrnn_status flashrnn_plan_get_sizes(const flashrnn_plan *plan, flashrnn_sizes *sizes);

/**
 * A one-line description of what the plan chose, zero-terminated, cut to `capacity` bytes. `text` may be null with
 * capacity 0. *needed (may be null) gets the size of the whole text with its terminator.
 */
FLASHRNN_API flashrnn_status flashrnn_plan_describe(const flashrnn_plan *plan, char *text, size_t capacity,
                                                    size_t *needed);

/* ---------------------------------------------------------------- calls */

/**
 * Brings R and b into the form that the kernels read, once for many calls.
 * R [Gr, N, D, D]: R[g, n, d, p] multiplies h[p] into gate g, unit d. b [Gb, N, D] or null (no bias).
 * `packed` holds sizes.packed_weights bytes; it depends on the plan and may be used with that plan only, and with any
 * number of calls at once. Errors: INVALID_ARGUMENT, BUFFER_TOO_SMALL, DEVICE_ERROR.
 */
typedef struct flashrnn_pack_args {
  size_t struct_size;
  const void *R;
  const void *b;
  void *packed;
  size_t packed_size;
  void *stream; /**< of the device's runtime; null = its default stream; the CPU ignores it */
} flashrnn_pack_args;
#define FLASHRNN_PACK_ARGS_INIT {sizeof(flashrnn_pack_args), NULL, NULL, NULL, 0, NULL}
FLASHRNN_API flashrnn_status flashrnn_pack_weights(const flashrnn_plan *plan, const flashrnn_pack_args *args);

/**
 * A tensor with a free batch and time stride, counted in elements; 0 = dense: the next inner dimension's extent times
 * its stride, in the order s, b, t. The last dimensions (gate, head, unit) are dense always, and are called a row here.
 * A stride of a dimension that the tensor has not must be 0, and one of extent 1 does not count. Others are at least
 * the length of a row, and those of outputs let no rows overlap; no order is asked for ([T, B, ...] is fine).
 * PACKED: stride_b of sequence tensors must be 0, a token lies stride_t after the last, and a dense stride_s skips the
 * plan's `tokens` (not the tokens of the call).
 * With null data the strides are not looked at.
 */
typedef struct flashrnn_tensor {
  void *data;
  int64_t stride_s; /**< between states, of tensors that have an S dimension */
  int64_t stride_b; /**< between batch rows */
  int64_t stride_t; /**< between time steps (PADDED) or tokens (PACKED), of tensors that have a T dimension */
} flashrnn_tensor;

typedef struct flashrnn_const_tensor {
  const void *data;
  int64_t stride_s;
  int64_t stride_b;
  int64_t stride_t;
} flashrnn_const_tensor;

/**
 * Runs the recurrence over all T steps.
 *
 * R and b may be null when packed_weights is given; when it is null, R is required and is packed inside the call.
 * `Wx` is [B, T, Gx, N, D] (PACKED: [M, Gx, N, D]).
 */
typedef struct flashrnn_forward_args {
  size_t struct_size;
  flashrnn_const_tensor Wx;
  const void *R;                        /**< [Gr, N, D, D] */
  const void *b;                        /**< [Gb, N, D]; null = no bias */
  const void *packed_weights;           /**< from flashrnn_pack_weights with the same plan, or null */
  size_t packed_weights_size;
  flashrnn_const_tensor initial_states; /**< [S, B, N, D] state_dtype; null data = zeros */
  const int64_t *lengths;               /**< [B], each in [0, T]; required with use_lengths, else null. States hold
                                             past a row's end, outputs there are 0 */
  const int64_t *cu_seqlens;            /**< [B + 1], starts at 0, does not fall, rows of at most T tokens, ends at
                                             most at `tokens`; required for PACKED, else null */
  const uint8_t *resets;                /**< [B, T] (PACKED: [M]); not 0 = before this step the states are replaced by
                                             reset_states. Required with use_resets, else null. A mark behind a row's
                                             end is an error where the host can read the mask, else ignored */
  int64_t resets_stride_b;              /**< in elements; 0 = dense (T) */
  flashrnn_const_tensor reset_states;   /**< [S, B, N, D] state_dtype; null data = zeros, and without use_resets */
  flashrnn_tensor states;               /**< out, by output_sequence: [1 or S, B, T, N, D]; null data with NONE */
  flashrnn_tensor final_states;         /**< out, [S, B, N, D] state_dtype; null data = not wanted; may be the very
                                             memory of initial_states, with the same strides */
  void *reserve;                        /**< out, required with training: what backward reads; else null */
  size_t reserve_size;
  void *workspace;                      /**< free after the call (after the stream has passed it) */
  size_t workspace_size;
  void *stream;
} flashrnn_forward_args;
#define FLASHRNN_FORWARD_ARGS_INIT \
  {sizeof(flashrnn_forward_args), {NULL, 0, 0, 0}, NULL, NULL, NULL, 0, {NULL, 0, 0, 0}, NULL, NULL, NULL, 0, \
   {NULL, 0, 0, 0}, {NULL, 0, 0, 0}, {NULL, 0, 0, 0}, NULL, 0, NULL, 0, NULL}
FLASHRNN_API flashrnn_status flashrnn_forward(const flashrnn_plan *plan, const flashrnn_forward_args *args);

/**
 * The gradients of a loss, from its gradients with respect to the state sequences and the final states.
 * The inputs must be those of the forward that filled the reserve. Every output may be null data: not wanted.
 */
typedef struct flashrnn_backward_args {
  size_t struct_size;
  flashrnn_const_tensor Wx;             /**< read with RESERVE_RECOMPUTE only; else may be null */
  const void *R;
  const void *b;
  const void *packed_weights;
  size_t packed_weights_size;
  const int64_t *lengths;
  const int64_t *cu_seqlens;
  const uint8_t *resets;
  int64_t resets_stride_b;
  flashrnn_const_tensor dstates;        /**< by gradient_sequence: [1 or S, B, T, N, D]; null data = zeros, and with
                                             NONE */
  flashrnn_const_tensor dfinal_states;  /**< [S, B, N, D] state_dtype; null data = zeros */
  flashrnn_tensor dWx;                  /**< out [B, T, Gx, N, D]; 0 behind a row's end */
  float *dR;                            /**< out [Gr, N, D, D], fp32 */
  float *db;                            /**< out [Gb, N, D], fp32 */
  int32_t accumulate_weight_gradients;  /**< 1: dR and db are added to, not written */
  int32_t reserved;                     /**< must be 0 */
  flashrnn_tensor dinitial_states;      /**< out [S, B, N, D] state_dtype */
  flashrnn_tensor dreset_states;        /**< out [S, B, N, D] state_dtype: the sum over the row's resets; null data
                                             without use_resets */
  const void *reserve;                  /**< required; not changed: backward may run again on it */
  size_t reserve_size;
  void *workspace;
  size_t workspace_size;
  void *stream;
} flashrnn_backward_args;
#define FLASHRNN_BACKWARD_ARGS_INIT \
  {sizeof(flashrnn_backward_args), {NULL, 0, 0, 0}, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0, {NULL, 0, 0, 0}, \
   {NULL, 0, 0, 0}, {NULL, 0, 0, 0}, NULL, NULL, 0, 0, {NULL, 0, 0, 0}, {NULL, 0, 0, 0}, NULL, 0, NULL, 0, NULL}
FLASHRNN_API flashrnn_status flashrnn_backward(const flashrnn_plan *plan, const flashrnn_backward_args *args);

/**
 * One step for all rows, with a state that stays: for generation and control loops. Any plan can step; its T, lengths,
 * layout, direction and training are left aside. Bitwise equal to a forward of one step.
 */
typedef struct flashrnn_step_args {
  size_t struct_size;
  flashrnn_const_tensor Wx;             /**< [B, Gx, N, D] */
  const void *R;
  const void *b;
  const void *packed_weights;           /**< give it: packing R costs more than a step */
  size_t packed_weights_size;
  const uint8_t *resets;                /**< [B] or null; needs no use_resets */
  flashrnn_const_tensor reset_states;   /**< [S, B, N, D] state_dtype; null data = zeros */
  flashrnn_tensor states;               /**< in and out, [S, B, N, D] state_dtype; required */
  flashrnn_tensor output;               /**< out, h as [B, N, D] in dtype; null data = not wanted */
  void *workspace;                      /**< sizes.step_workspace bytes */
  size_t workspace_size;
  void *stream;
} flashrnn_step_args;
#define FLASHRNN_STEP_ARGS_INIT \
  {sizeof(flashrnn_step_args), {NULL, 0, 0, 0}, NULL, NULL, NULL, 0, NULL, {NULL, 0, 0, 0}, {NULL, 0, 0, 0}, \
   {NULL, 0, 0, 0}, NULL, 0, NULL}
FLASHRNN_API flashrnn_status flashrnn_step(const flashrnn_plan *plan, const flashrnn_step_args *args);

#ifdef __cplusplus
}
#endif

#endif
