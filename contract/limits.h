/* Every numeric limit of the contract language, each with its reason. A text beyond one is refused
 * with LIM_CONTRACT; none is reached by accident: the whole Singularity system had 96 contracts. */
#ifndef CONTRACT_LIMITS_H
#define CONTRACT_LIMITS_H

/* Bytes of text. Every object of a program embeds its headers' text, so there is room for many
 * repetitions; tables cost about 25 bytes per byte of hostile text. */
#define CONTRACT_TEXT_MAX (1u << 20)

/* Bytes of a name, so that "module.field.load.i32_16_u" fits the text of a diagnostic. */
#define CONTRACT_NAME_MAX 63

/* Distinct blocks and contracts. A name is looked up by hash, an unknown one compared with all of
 * them. */
#define CONTRACT_DECLS_MAX 1024

/* Bytes of the canonical text of one declaration and of everything it mentions. At run time every
 * declaration keeps this text, so the product with CONTRACT_DECLS_MAX bounds the memory of a
 * hostile module. */
#define CONTRACT_CANONICAL_MAX (1u << 15)

/* Fields of a block; its fixed part is then at most 2 KiB. */
#define CONTRACT_FIELDS_MAX 256

/* Reference fields of a block, messages and states (those inside chains included) of a contract:
 * the ownership analysis keeps sets of each in one 64-bit word, with `end` among the states,
 * "peer closed" and "none yet" among the messages. */
#define CONTRACT_CHILDREN_MAX 64
#define CONTRACT_MESSAGES_MAX 62
#define CONTRACT_STATES_MAX   63

/* Transitions of a contract: a deterministic one has at most states * messages. */
#define CONTRACT_TRANSITIONS_MAX (CONTRACT_STATES_MAX * CONTRACT_MESSAGES_MAX)

/* Declared capacity: a queue is allocated with its channel, 64 bytes a message, 256 KiB at most. */
#define CONTRACT_CAPACITY_MAX 4096

/* Slots of one declaration: 8 bytes each in the SIP. */
#define CONTRACT_SLOTS_MAX (1u << 20)

/* Slot declarations of a module. */
#define CONTRACT_SLOT_DECLS_MAX 1024

#endif
