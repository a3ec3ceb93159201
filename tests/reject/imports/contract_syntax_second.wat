;; The error is in the second of two sections: its offset is that of the word
;; expect: CON_SYNTAX offset=0x7e
;; contract: block Frame { seq: u64; }
;; contract-end:
;; contract: block Other { seq: u32; }
;; contract: block Broken { seq u64; }
;; contract-end:
(module)
