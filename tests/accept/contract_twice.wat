;; A declaration may come twice if it means the same
;; expect: OK
;; contract: block Frame { seq: u64; } // once
;; contract-end:
;; contract: block Frame {
;; contract:   seq: u64;
;; contract: }
;; contract-end:
(module)
