;; Two sections declare a name with different meanings
;; expect: CON_DUPLICATE offset=0x57
;; contract: block Frame { seq: u64; }
;; contract-end:
;; contract: block Frame { seq: u32; }
;; contract-end:
(module)
