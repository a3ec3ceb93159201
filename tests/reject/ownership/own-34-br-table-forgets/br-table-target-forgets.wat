;; One target of a br_table forgets the block
;; expect: OWN_LEAK func=3 offset=0x6f
;; monitor: MON_LEAK
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "rnd" (func $rnd (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) 
  (local.set $a (call $new (i32.const 4))) (block (block (br_table 0 1 (call $rnd))) (call $free (local.get $a)) (return)))
)
